import type { Problem } from "../../common/errors.ts";
import type { Objective, SloTerms, SloWindow } from "../contract.ts";
import { eventShareOf } from "../event-shares.ts";
import {
  exact,
  type MeasureSpec,
  parseMeasureSpec,
  percentileNamed,
  unitOf,
  validMeasures,
} from "../measure-spec.ts";
import { ofNothing, ofSlo, readAnnotations, type SloAnnotations } from "./annotations.ts";
import { type IndicatorRefusal, readIndicator } from "./indicator.ts";
import { annotation, type SliSpec, type Slo, type SloObjective } from "./schema.ts";
import { readSlices } from "./slices.ts";
import type { Path, SourceDocument } from "./source.ts";
import { readWindow } from "./windows.ts";

/** What an SLO may refer to: documents of the same file. */
export interface References {
  sli(name: string): { spec: SliSpec; source: SourceDocument } | undefined;
  /** The type of a DataSource. */
  typeOf(dataSource: string): string | undefined;
}

/** What all objectives of an SLO have in common. */
interface Common {
  slo: Slo;
  measure: string;
  /** What an objective's `op` compares: the share of good events, or what is measured. */
  isRatioMetric: boolean;
  window: SloWindow | undefined;
  given: SloAnnotations;
}

interface Refusal {
  fact: string;
  remedy?: string;
  /** A field of the objective. */
  at?: string;
  /** Or an annotation. */
  annotation?: keyof SloAnnotations;
}

/**
 * The objectives of one SLO. One about a latency says `op` and `value`, and its target is the share of good events: 0.99
 * below 2000 is p99 < 2 s. One about a ratio says only its target.
 */
export function readSlo(
  slo: Slo,
  source: SourceDocument,
  references: References,
): { objectives: Objective[]; problems: Problem[] } {
  const annotations = readAnnotations(slo.metadata.annotations, ofSlo, source);
  if ("problems" in annotations) return { objectives: [], ...annotations };
  const given = annotations.annotations;
  const problems: Problem[] = [];
  const measured = measureOf(slo, source, references, given);
  if ("problems" in measured) problems.push(...measured.problems);
  const window = windowOf(slo, source);
  if (window && "problems" in window) problems.push(...window.problems);
  if ("problems" in measured || (window && "problems" in window)) return { objectives: [], problems };
  const common: Common = { slo, ...measured, window, given };
  const objectives: Objective[] = [];
  for (const [index, entry] of slo.spec.objectives.entries()) {
    const result = readObjective(entry, common);
    if (!("fact" in result)) {
      objectives.push(result);
      continue;
    }
    const at: Path = result.annotation
      ? ["metadata", "annotations", annotation(result.annotation)]
      : ["spec", "objectives", index, ...(result.at ? [result.at] : [])];
    problems.push(source.problem(at, result.fact, result.remedy));
  }
  return { objectives: withIds(objectives, slo.metadata.name), problems };
}

/** One of several objectives is called after its measure, and numbered where that is not enough. */
function withIds(objectives: Objective[], name: string): Objective[] {
  if (objectives.length === 1) return objectives.map((objective) => ({ ...objective, id: name }));
  const suffixOf = ({ measure }: Objective) => measure.slice(measure.lastIndexOf(".") + 1);
  const suffixes = objectives.map(suffixOf);
  return objectives.map((objective, index) => {
    const suffix = suffixOf(objective);
    const alike = suffixes.filter((other) => other === suffix).length;
    return { ...objective, id: `${name}-${suffix}${alike > 1 ? `-${index + 1}` : ""}` };
  });
}

/** The measure that an SLO is about: by its annotation, which has to agree with what its indicator says; or by the indicator. */
function measureOf(
  { spec, metadata }: Slo,
  source: SourceDocument,
  references: References,
  { measure: annotated }: SloAnnotations,
): Pick<Common, "measure" | "isRatioMetric"> | { problems: Problem[] } {
  const { indicator, indicatorRef } = spec;
  if (indicator && indicatorRef !== undefined) {
    return {
      problems: [
        source.problem(["spec", "indicatorRef"], "an SLO has an indicator or an indicatorRef, and not both"),
      ],
    };
  }
  if (!indicator && indicatorRef === undefined) {
    if (annotated !== undefined) return known(annotated, false);
    return {
      problems: [
        source.problem(
          ["spec"],
          `${metadata.name} has no indicator, and no annotation ${annotation("measure")}`,
          `name a measure: ${validMeasures()}`,
        ),
      ],
    };
  }
  const referred = indicator ? { spec: indicator.spec, source } : references.sli(indicatorRef!);
  if (!referred) {
    return {
      problems: [
        source.problem(
          ["spec", "indicatorRef"],
          `there is no SLI "${indicatorRef}" in this file`,
          "put the SLI into the same file, or give the SLO an indicator",
        ),
      ],
    };
  }
  const base = indicator ? ["spec", "indicator", "spec"] : ["spec"];
  const told = indicator?.metadata
    ? readAnnotations(indicator.metadata.annotations, ofNothing, source, ["spec", "indicator"])
    : undefined;
  if (told && "problems" in told) return told;
  const problemOf = ({ fact, remedy, at }: IndicatorRefusal) => ({
    problems: [referred.source.problem([...base, ...at], fact, remedy)],
  });
  const isRatioMetric = referred.spec.ratioMetric !== undefined;
  const read = readIndicator(referred.spec, references.typeOf);
  if ("wrong" in read) return problemOf(read.wrong);
  if (annotated === undefined)
    return "unknown" in read ? problemOf(read.unknown) : known(read.measure, isRatioMetric);
  if ("measure" in read && withoutPercentile(read.measure) !== withoutPercentile(annotated)) {
    return {
      problems: [
        source.problem(
          ["metadata", "annotations", annotation("measure")],
          `the annotation's measure is ${annotated}, and the indicator asks for ${read.measure}`,
          "leave the annotation out, or let both say the same",
        ),
      ],
    };
  }
  return known(annotated, isRatioMetric);

  function known(measure: string, ratio: boolean) {
    if (parseMeasureSpec(measure) ?? parseMeasureSpec(`${measure}.p99`))
      return { measure, isRatioMetric: ratio };
    return {
      problems: [
        source.problem(
          ["metadata", "annotations", annotation("measure")],
          `there is no measure "${measure}"`,
          validMeasures(),
        ),
      ],
    };
  }
}

function withoutPercentile(measure: string): string {
  const spec = parseMeasureSpec(measure) ?? parseMeasureSpec(`${measure}.p99`);
  return spec?.kind === "latency" ? spec.measure : measure;
}

function windowOf(slo: Slo, source: SourceDocument): SloWindow | undefined | { problems: Problem[] } {
  const [given] = slo.spec.timeWindow ?? [];
  const window = given && readWindow(given);
  if (!window || !("fact" in window)) return window;
  return { problems: [source.problem(["spec", "timeWindow", 0, ...window.at], window.fact, window.remedy)] };
}

function readObjective(entry: SloObjective, common: Common): Objective | Refusal {
  const { slo, given, window } = common;
  const share = shareOf(entry);
  if (typeof share !== "number") return share;
  const method = slo.spec.budgetingMethod;
  const slices = readSlices(entry, method);
  if (slices && "fact" in slices) return slices;
  // What a slice, or the run, has to reach for its events.
  const eventsTarget = slices?.sliceTarget ?? share;
  const measure = percentileOf(common, entry, eventsTarget);
  const spec = parseMeasureSpec(measure)!;
  const bounds = boundsOf({ entry, measure, spec, share: eventsTarget, common });
  if ("fact" in bounds) return bounds;
  const refusal = slices && sliceRefusal(measure, spec);
  if (refusal) return refusal;
  const terms: SloTerms = { target: share, method, ...slices, ...(window ? { window } : {}) };
  const base = {
    id: "",
    title: entry.displayName ?? slo.metadata.displayName ?? slo.metadata.name,
    phase: given.phase,
    measure,
    key: given.key === "true",
    weight: given.weight,
  };
  if (slices) {
    const threshold = spec.kind === "latency" ? { threshold: { op: bounds.op, value: bounds.target } } : {};
    const op = common.isRatioMetric && entry.op === "gt" ? "gt" : "gte";
    return { ...base, op, target: share, unit: "ratio", slo: { ...terms, ...threshold } };
  }
  const hasShare = spec.kind === "latency" ? spec.percentile < 100 : eventShareOf(measure) !== undefined;
  return { ...base, ...bounds, unit: unitOf(spec), ...(hasShare ? { slo: terms } : {}) };
}

function shareOf({ target, targetPercent }: SloObjective): number | Refusal {
  if (target !== undefined && targetPercent !== undefined) {
    return { fact: "an objective has a target or a targetPercent, and not both", at: "targetPercent" };
  }
  if (target !== undefined) return target;
  if (targetPercent !== undefined) return exact(targetPercent / 100);
  return { fact: "the objective has no target", remedy: "give target: 0.99, or targetPercent: 99" };
}

/** `connect` of which a share of 0.99 is below a value is `connect.p99`; above it, `connect.p01`. */
function percentileOf({ measure, given }: Common, { op }: SloObjective, share: number): string {
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
function boundsOf(asked: Asked): Pick<Objective, "op" | "target"> | Refusal {
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
  if (spec.kind === "latency" && spec.percentile < 100) {
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

/** Slices need something that can be told apart by time, and a share of it. */
function sliceRefusal(measure: string, spec: MeasureSpec): Refusal | undefined {
  if (spec.kind === "clients" || spec.kind === "share") {
    return {
      fact: `${measure} is known for the whole run only, and not by slices`,
      remedy: "use Occurrences",
    };
  }
  const hasShare = spec.kind === "latency" ? spec.percentile < 100 : eventShareOf(measure) !== undefined;
  return hasShare
    ? undefined
    : { fact: `${measure} has no share of good events in a slice`, remedy: "use Occurrences" };
}
