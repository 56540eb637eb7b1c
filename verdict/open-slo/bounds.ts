import type { Objective } from "../contract.ts";
import { eventShareOf } from "../event-shares.ts";
import { exact, type MeasureSpec, parseMeasureSpec, percentileNamed, unitOf } from "../measure-spec.ts";
import type { SloAnnotations } from "./annotations.ts";
import type { Measured } from "./measure.ts";
import type { SloObjective } from "./schema.ts";

/** What all objectives of an SLO have in common. */
interface Common extends Measured {
  given: SloAnnotations;
}

/** Why an objective cannot be judged. */
export interface Refusal {
  fact: string;
  remedy?: string;
  /** A field of the objective. */
  at?: string;
  /** Or an annotation. */
  annotation?: keyof SloAnnotations;
}

/** `connect` of which a share of 0.99 is below a value is `connect.p99`; above it, `connect.p01`. */
export function percentileOf({ measure, given }: Common, { op }: SloObjective, share: number): string {
  if (parseMeasureSpec(measure)) return measure;
  return `${measure}.${percentileNamed(percentileShare(given.op ?? op, share))}`;
}

const isLower = (op: Objective["op"] | undefined) => op === "gt" || op === "gte";

/** What is above a value for 99 in 100 is above it at the first percentile. */
const percentileShare = (op: Objective["op"] | undefined, share: number) =>
  isLower(op) ? exact(1 - share) : share;

interface Asked {
  entry: SloObjective;
  measure: string;
  spec: MeasureSpec;
  /** Of good events. */
  share: number;
  common: Common;
}

/** What is measured, against what. What stands twice must say the same, or nobody knows what is judged. */
export function boundsOf(asked: Asked): Pick<Objective, "op" | "target"> | Refusal {
  const { entry, measure, spec, common } = asked;
  const { given, isRatioMetric } = common;
  const unit = unitOf(spec);
  if (given.unit !== undefined && given.unit !== unit) {
    return { fact: `${measure} is measured in ${unit}, not in ${given.unit}`, annotation: "unit" };
  }
  if (given.target !== undefined && entry.value !== undefined && given.target !== entry.value) {
    return {
      fact: `the annotation's target is ${given.target}, and the objective's value is ${entry.value}`,
      annotation: "target",
    };
  }
  for (const [value, where] of [
    [entry.value, { at: "value" }],
    [given.target, { annotation: "target" as const }],
  ] as const) {
    if (value !== undefined && value < 0)
      return { fact: `${measure} is never below 0, and ${value} is`, ...where };
  }
  // OpenSLO has no "equal"; at most nothing is the same as nothing.
  const isSame = given.op === "eq" && (entry.op === "lte" || entry.op === "gte");
  if (given.op !== undefined && entry.op !== undefined && given.op !== entry.op && !isSame) {
    return {
      fact: `the annotation's op is ${given.op}, and the objective's op is ${entry.op}`,
      annotation: "op",
    };
  }
  const eventShare = eventShareOf(measure);
  if (eventShare) return boundsOfShare(asked, eventShare.counts);
  const op = given.op ?? entry.op;
  const target = given.target ?? entry.value;
  if (op === undefined || target === undefined) {
    return {
      fact: `${measure} needs an op and a value`,
      remedy: "give both in the objective, such as op: lt and value: 2000",
    };
  }
  // The largest sample has no share of its own, unless a slice asks for all of its samples.
  const hasPercentile =
    spec.kind === "latency" && (spec.percentile < 100 || entry.timeSliceTarget !== undefined);
  if (hasPercentile) {
    const said = exact(spec.percentile / 100);
    const isOther = Math.abs(said - percentileShare(op, asked.share)) > 1e-9;
    if (isOther) {
      const good = isLower(op) ? exact(1 - said) : said;
      return { fact: `${measure} is a share of ${good}, and the objective's target is ${asked.share}` };
    }
  }
  if (isRatioMetric && spec.kind !== "latency") {
    return { fact: `${measure} is no ratio of events, and the indicator is a ratioMetric` };
  }
  return { op, target };
}

/** A share of good events is to be reached; one of bad events is not to be passed. */
function boundsOfShare(
  { entry, measure, share, common: { given, isRatioMetric } }: Asked,
  counts: "good" | "bad",
): Pick<Objective, "op" | "target"> | Refusal {
  const target = counts === "good" ? share : exact(1 - share);
  const said = given.target ?? entry.value;
  if (said !== undefined && Math.abs(said - target) > 1e-9) {
    return {
      fact: `a share of ${share} good is ${measure} ${target}, and the objective says ${said}`,
      remedy: "leave the value out: the target says it",
      ...(given.target === undefined ? { at: "value" } : { annotation: "target" as const }),
    };
  }
  const op = given.op ?? entry.op;
  // Of a ratioMetric, op compares what is good, whatever is counted.
  const isOfGood = isRatioMetric || counts === "good";
  const isStrict = op === "lt" || op === "gt";
  if (op === "eq" || (op !== undefined && isLower(op) !== isOfGood)) {
    return {
      fact: `${measure} with op ${op} asks for what is bad`,
      remedy: `say op: ${isOfGood ? "gte" : "lte"}, or leave it out`,
      ...(given.op === undefined ? { at: "op" } : { annotation: "op" as const }),
    };
  }
  if (counts === "good") return { op: isStrict ? "gt" : "gte", target };
  return { op: isStrict ? "lt" : "lte", target };
}
