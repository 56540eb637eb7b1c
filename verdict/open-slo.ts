import { isNode, type LineCounter, type ParsedNode, type Document as YamlDocument } from "yaml";
import { z } from "zod";
import type { Problem } from "../common/errors.ts";

/** What of an OpenSLO v1 document a budget reads. Fields that it does not read are left to OpenSLO. */
const metadata = z.object({
  name: z
    .string()
    .regex(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      "must be a DNS label: lower-case letters, digits and dashes",
    ),
  displayName: z.string().min(1).optional(),
  annotations: z.record(z.string(), z.string({ error: "must be text: put it in quotes" })).default({}),
});

const apiVersion = z.literal("openslo/v1", { error: 'must be "openslo/v1"' });

const objective = z.object({
  displayName: z.string().min(1).optional(),
  op: z.enum(["lt", "lte", "gt", "gte"]).optional(),
  value: z.number().optional(),
  target: z
    .number({ error: "must be a number" })
    .min(0)
    .lt(1, "must be less than 1: what must never happen is an invariant, not an SLO"),
});

const slo = z.object({
  apiVersion,
  kind: z.literal("SLO"),
  metadata,
  spec: z.object({
    service: z.string().min(1),
    budgetingMethod: z.enum(["Occurrences", "Timeslices", "RatioTimeslices"]),
    timeWindow: z
      .array(
        z.object({
          duration: z
            .string()
            .regex(
              /^\d+[mhdwMQY]$/,
              "must be like 1h; the least unit is the minute, and shorter windows are phases",
            ),
        }),
      )
      .length(1),
    objectives: z.array(objective).min(1),
  }),
});

const service = z.object({ apiVersion, kind: z.literal("Service"), metadata });
const other = z.object({
  apiVersion,
  kind: z.enum(["SLI", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"]),
});
const anyKind = z.discriminatedUnion("kind", [slo, service, other]);

export type Slo = z.infer<typeof slo>;
export type SloObjective = z.infer<typeof objective>;
export type Document = z.infer<typeof service>;

export const annotation = (field: string) => `matchday.dev/${field}`;

type Path = (string | number)[];

/** One YAML document of a budget, which knows on which line each of its fields stands. */
export class SourceDocument {
  readonly #yaml: YamlDocument.Parsed | YamlDocument;
  readonly #lines: LineCounter;
  readonly #name: string;

  constructor(yaml: YamlDocument.Parsed | YamlDocument, lines: LineCounter, name: string) {
    this.#yaml = yaml;
    this.#lines = lines;
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.#yaml.contents === null;
  }

  get syntaxProblems(): Problem[] {
    return this.#yaml.errors.map((error) => ({
      code: "BUDGET_UNREADABLE",
      fact: `${this.#name}:${this.#lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]!.replace(/ at line \d+.*/, "")}`,
      remedy: "correct the YAML there",
    }));
  }

  document(): z.infer<typeof anyKind> | { problems: Problem[] } {
    const parsed = anyKind.safeParse(this.#yaml.toJS());
    if (parsed.success) return parsed.data;
    return {
      problems: parsed.error.issues.map((issue) =>
        this.problem(issue.path as Path, `${issue.path.join(".") || "the document"}: ${issue.message}`),
      ),
    };
  }

  problem(
    path: Path,
    fact: string,
    remedy = "see OpenSLO v1, and verdict/budgets/live-scores.yaml for an example",
  ): Problem {
    const line = this.#lineOf(path);
    return {
      code: "BUDGET_INVALID",
      fact: `${this.#name}${line === undefined ? "" : `:${line}`}: ${fact}`,
      remedy,
    };
  }

  /** The line of a field, or of the nearest thing that should hold it. */
  #lineOf(path: Path): number | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#yaml.contents : this.#yaml.getIn(path.slice(0, length), true);
      const range = isNode(node) ? (node as ParsedNode).range : undefined;
      if (range) return this.#lines.linePos(range[0]).line;
    }
    return undefined;
  }
}
