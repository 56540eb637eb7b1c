import { z } from "zod";
import type { Problem } from "../../common/errors.ts";
import { parseDecimal } from "../../common/numbers.ts";
import type { Objective } from "../contract.ts";
import { objectivePhases } from "../phases.ts";
import { annotation } from "./schema.ts";
import type { Path, SourceDocument } from "./source.ts";

const ops = ["lt", "lte", "gt", "gte", "eq"] as const;
const units = ["ms", "ratio", "count"] as const;
const oneOf = (values: readonly string[]) => `must be one of ${values.join(", ")}`;

/** Annotations are text: `0x10` or nothing at all is no number. */
const decimal = z.string().transform((text, context) => {
  const value = parseDecimal(text.trim());
  if (value !== undefined) return value;
  context.addIssue({ code: "custom", message: "must be a number" });
  return z.NEVER;
});

/** What an SLO may say beside OpenSLO. */
export const ofSlo = z.object({
  measure: z.string().min(1).optional(),
  phase: z.enum(objectivePhases as [Objective["phase"]], { error: oneOf(objectivePhases) }).default("all"),
  op: z.enum(ops, { error: oneOf(ops) }).optional(),
  target: decimal.optional(),
  unit: z.enum(units, { error: oneOf(units) }).optional(),
  key: z.enum(["true", "false"], { error: oneOf(["true", "false"]) }).default("true"),
  weight: decimal.refine((value) => value > 0, "must be a number above 0").default(1),
});
export type SloAnnotations = z.infer<typeof ofSlo>;

/** What a Service may say of the whole budget. */
export const ofService = z.object({
  invariants: z.string().default(""),
  untested: z.enum(["fail"], { error: "must be fail, or left out" }).optional(),
  allow: z.string().optional(),
});

/** Nothing: other kinds of document are OpenSLO's alone. */
export const ofNothing = z.object({});

/** The annotations of ours, or every problem with them; those of others are left alone. */
export function readAnnotations<Shape extends z.ZodObject>(
  annotations: Readonly<Record<string, string>>,
  shape: Shape,
  source: SourceDocument,
  /** Where the metadata stand. */
  base: Path = [],
): { annotations: z.infer<Shape> } | { problems: Problem[] } {
  const at = (field: string) => [...base, "metadata", "annotations", annotation(field)];
  const fields = Object.keys(shape.shape);
  const given = Object.entries(annotations)
    .filter(([name]) => name.startsWith(annotation("")))
    .map(([name, value]) => [name.slice(annotation("").length), value] as const);
  const problems = given
    .filter(([field]) => !fields.includes(field))
    .map(([field]) =>
      source.problem(
        at(field),
        `there is no annotation ${annotation(field)}${fields.length === 0 ? " here" : ""}`,
        fields.length === 0 ? "put it on the SLO" : `there are ${fields.map(annotation).join(", ")}`,
      ),
    );
  const parsed = shape.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const field = String(path[0]);
      problems.push(source.problem(at(field), `${annotation(field)} ${message}`));
    }
    return { problems };
  }
  return problems.length > 0 ? { problems } : { annotations: parsed.data };
}
