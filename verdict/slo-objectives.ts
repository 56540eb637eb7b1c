import { z } from "zod";
import type { Problem } from "../common/errors.ts";
import type { Objective } from "./contract.ts";
import {
  type MeasureSpec,
  parseMeasureSpec,
  percentileNamed,
  unitOf,
  validMeasures,
} from "./measure-spec.ts";
import { annotation, type Slo, type SloObjective, type SourceDocument } from "./open-slo.ts";
import { objectivePhases } from "./phases.ts";

const ops = ["lt", "lte", "gt", "gte", "eq"] as const;
const units = ["ms", "ratio", "count"] as const;
const oneOf = (values: readonly string[]) => `must be one of ${values.join(", ")}`;

const annotations = z.object({
  measure: z.string({ error: `is missing: ${validMeasures()}` }).min(1),
  phase: z.enum(objectivePhases as [Objective["phase"]], { error: oneOf(objectivePhases) }).default("all"),
  op: z.enum(ops, { error: oneOf(ops) }).optional(),
  target: z.coerce.number({ error: "must be a number" }).optional(),
  unit: z.enum(units, { error: oneOf(units) }).optional(),
  key: z.enum(["true", "false"], { error: oneOf(["true", "false"]) }).default("true"),
  weight: z.coerce.number().positive("must be a number above 0").default(1),
});
type Annotations = z.infer<typeof annotations>;
const fields = Object.keys(annotations.shape);

/**
 * The objectives of one SLO. An objective that says `op` and `value` is about a threshold; then `target` is the share of
 * good events, and so the percentile of a measure that names none. One that says only `target` is about a ratio.
 */
export function sloObjectives(
  slo: Slo,
  source: SourceDocument,
): { objectives: Objective[]; problems: Problem[] } {
  const at = (field: string) => ["metadata", "annotations", annotation(field)];
  const given = Object.entries(slo.metadata.annotations)
    .filter(([name]) => name.startsWith(annotation("")))
    .map(([name, value]) => [name.slice(annotation("").length), value] as const);
  const problems = given
    .filter(([field]) => !fields.includes(field))
    .map(([field]) =>
      source.problem(
        at(field),
        `there is no annotation ${annotation(field)}`,
        `there are ${fields.map(annotation).join(", ")}`,
      ),
    );
  const parsed = annotations.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const field = String(path[0]);
      problems.push(source.problem(at(field), `${annotation(field)} ${message}`));
    }
    return { objectives: [], problems };
  }
  const objectives: Objective[] = [];
  for (const [index, entry] of slo.spec.objectives.entries()) {
    const path = ["spec", "objectives", index];
    const result = objectiveOf(slo, entry, parsed.data);
    if ("fact" in result)
      problems.push(source.problem([...(result.at ? at(result.at) : path)], result.fact, result.remedy));
    else objectives.push(result.objective);
  }
  return { objectives, problems };
}

type Result = { objective: Objective } | { fact: string; remedy?: string; at?: string };

function objectiveOf(slo: Slo, entry: SloObjective, given: Annotations): Result {
  const measure = measureOf(given.measure, entry);
  const spec = parseMeasureSpec(measure);
  if (!spec) return { fact: `there is no measure "${measure}"`, remedy: validMeasures(), at: "measure" };
  const contradiction = contradictionIn(measure, spec, entry, given);
  if (contradiction) return contradiction;
  const op = given.op ?? entry.op ?? (unitOf(spec) === "ratio" ? "gte" : undefined);
  const target = given.target ?? entry.value ?? (unitOf(spec) === "ratio" ? entry.target : undefined);
  if (op === undefined || target === undefined) {
    return {
      fact: `${measure} needs an op and a value`,
      remedy: "give both in the objective, such as op: lt and value: 2000",
    };
  }
  const several = slo.spec.objectives.length > 1;
  const suffix = measure.slice(measure.lastIndexOf(".") + 1);
  return {
    objective: {
      id: several ? `${slo.metadata.name}-${suffix}` : slo.metadata.name,
      title: entry.displayName ?? slo.metadata.displayName ?? slo.metadata.name,
      phase: given.phase,
      measure,
      op,
      target,
      unit: unitOf(spec),
      key: given.key === "true",
      weight: given.weight,
    },
  };
}

/** `connect` with a share of 0.99 is `connect.p99`. */
function measureOf(measure: string, { target }: SloObjective): string {
  if (measure.includes(".")) return measure;
  const percentile = percentileNamed(target);
  return percentile === undefined ? measure : `${measure}.${percentile}`;
}

/** What stands twice must say the same, or nobody knows what is judged. */
function contradictionIn(
  measure: string,
  spec: MeasureSpec,
  entry: SloObjective,
  given: Annotations,
): Result | undefined {
  const unit = unitOf(spec);
  if (given.unit !== undefined && given.unit !== unit) {
    return { fact: `${measure} is measured in ${unit}, not in ${given.unit}`, at: "unit" };
  }
  if (given.target !== undefined && entry.value !== undefined && given.target !== entry.value) {
    return {
      fact: `the annotation's target is ${given.target}, and the objective's value is ${entry.value}`,
      at: "target",
    };
  }
  // OpenSLO has no "equal"; at most nothing is the same as nothing.
  const exact = given.op === "eq" && (entry.op === "lte" || entry.op === "gte");
  if (given.op !== undefined && entry.op !== undefined && given.op !== entry.op && !exact) {
    return { fact: `the annotation's op is ${given.op}, and the objective's op is ${entry.op}`, at: "op" };
  }
  if (
    spec.kind === "latency" &&
    spec.percentile < 100 &&
    Math.abs(entry.target - spec.percentile / 100) > 1e-9
  ) {
    return {
      fact: `${measure} is a share of ${spec.percentile / 100}, and the objective's target is ${entry.target}`,
    };
  }
  return undefined;
}
