import { z } from "zod";
import type { Problem } from "../../common/errors.ts";
import { exact } from "../measure-spec.ts";
import type { SourceDocument } from "./source.ts";

/**
 * OpenSLO v1 as a budget reads it. Every field is named here: one that is not might change what is meant, and is refused.
 * Fields without a shape (labels, alert policies, descriptions) say nothing of what is judged.
 */
const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const name = z
  .string()
  .max(253)
  .regex(
    new RegExp(`^${label}(?:\\.${label})*$`),
    "must be a DNS name: lower-case letters, digits and dashes, with dots between its labels",
  );

/** Allowed, and not read. */
const unread = z.unknown().optional();

const metadata = z.strictObject({
  name,
  displayName: z.string().min(1).optional(),
  labels: unread,
  annotations: z.record(z.string(), z.string({ error: "must be text: put it in quotes" })).default({}),
});

const apiVersion = z.literal("openslo/v1", { error: 'must be "openslo/v1"' });

const metric = z.strictObject({
  metricSource: z.strictObject({
    metricSourceRef: z.string().min(1).optional(),
    type: z.string().min(1).optional(),
    spec: z.record(z.string(), z.unknown()).default({}),
  }),
});

const sliSpec = z.strictObject({
  description: unread,
  thresholdMetric: metric.optional(),
  ratioMetric: z
    .strictObject({
      counter: z.boolean().optional(),
      good: metric.optional(),
      bad: metric.optional(),
      total: metric.optional(),
      rawType: z.enum(["success", "failure"]).optional(),
      raw: metric.optional(),
    })
    .optional(),
});

const calendar = z.strictObject({ startTime: z.string(), timeZone: z.string() });

const timeWindow = z.strictObject({
  duration: z
    .string()
    .regex(
      /^[1-9]\d*[mhdwMQY]$/,
      "must be like 1h or 4w; the least unit is the minute, and shorter windows are phases",
    ),
  isRolling: z.boolean().optional(),
  calendar: calendar.optional(),
});

const notInComposites =
  "belongs to a composite SLO, which is not supported: give each part an SLO of its own";
const refused = z.undefined({ error: notInComposites }).optional();

const objective = z.strictObject({
  displayName: z.string().min(1).optional(),
  op: z.enum(["lt", "lte", "gt", "gte"]).optional(),
  value: z.number().optional(),
  target: z
    .number({ error: "must be a number" })
    .gt(0, "must be above 0: a share of nothing is always reached")
    .lt(1, {
      error: ({ input }) =>
        Number(input) > 1
          ? `must be less than 1: write ${exact(Number(input) / 100)}, or targetPercent: ${input}`
          : "must be less than 1: what must never happen is an invariant, not an SLO",
    })
    .optional(),
  targetPercent: z
    .number({ error: "must be a number" })
    .gt(0, "must be above 0: a share of nothing is always reached")
    .lt(100, "must be less than 100: what must never happen is an invariant, not an SLO")
    .optional(),
  timeSliceTarget: z.number().gt(0).lte(1).optional(),
  timeSliceWindow: z.union([z.number().positive(), z.string()]).optional(),
  indicator: refused,
  indicatorRef: refused,
  compositeWeight: refused,
});

const slo = z.strictObject({
  apiVersion,
  kind: z.literal("SLO"),
  metadata,
  spec: z.strictObject({
    description: unread,
    service: z.string().min(1),
    indicator: z.strictObject({ metadata: metadata.optional(), spec: sliSpec }).optional(),
    indicatorRef: z.string().min(1).optional(),
    budgetingMethod: z.enum(["Occurrences", "Timeslices", "RatioTimeslices"]),
    timeWindow: z.array(timeWindow).length(1, "must hold exactly one window").optional(),
    objectives: z.array(objective).min(1),
    alertPolicies: unread,
  }),
});

const service = z.strictObject({ apiVersion, kind: z.literal("Service"), metadata, spec: unread });
const sli = z.strictObject({ apiVersion, kind: z.literal("SLI"), metadata, spec: sliSpec });
const dataSource = z.looseObject({
  apiVersion,
  kind: z.literal("DataSource"),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  spec: z.looseObject({ type: z.string().optional() }).optional(),
});
const other = z.looseObject({
  apiVersion,
  kind: z.enum(["AlertPolicy", "AlertCondition", "AlertNotificationTarget"]),
});
const anyKind = z.discriminatedUnion("kind", [slo, service, sli, dataSource, other]);

export type Document = z.infer<typeof anyKind>;
export type Slo = z.infer<typeof slo>;
export type SloObjective = z.infer<typeof objective>;
export type TimeWindow = z.infer<typeof timeWindow>;
export type Service = z.infer<typeof service>;
export type SliSpec = z.infer<typeof sliSpec>;
export type Metric = z.infer<typeof metric>;

export const annotation = (field: string) => `matchday.dev/${field}`;

/** A document in its shape, or every problem with that. */
export function readDocument(source: SourceDocument): { document: Document } | { problems: Problem[] } {
  const parsed = anyKind.safeParse(source.value);
  if (parsed.success) return { document: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        source.problem(
          [...path, key],
          `${[...path, key].join(".")} is no field of OpenSLO v1`,
          "correct or remove it: what is not read is not judged",
        ),
      );
    }
    return [source.problem(path, `${path.join(".") || "the document"}: ${issue.message}`)];
  });
  return { problems };
}
