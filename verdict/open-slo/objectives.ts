import type { Problem } from "../../common/errors.ts";
import type { Objective, SloTerms, SloWindow } from "../contract.ts";
import { eventShareOf } from "../event-shares.ts";
import { exact, isOfWholeRun, type MeasureSpec, parseMeasureSpec, unitOf } from "../measure-spec.ts";
import { ofSlo, readAnnotations, type SloAnnotations } from "./annotations.ts";
import { boundsOf, percentileOf, type Refusal } from "./bounds.ts";
import { type Measured, measureOf, type References } from "./measure.ts";
import { annotation, type Slo, type SloObjective } from "./schema.ts";
import { readSlices } from "./slices.ts";
import type { Path, SourceDocument } from "./source.ts";
import { readWindow } from "./windows.ts";

interface Common extends Measured {
  slo: Slo;
  window: SloWindow | undefined;
  given: SloAnnotations;
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
  const refusal = slices && sliceRefusal(measure, spec, eventsTarget);
  if (refusal) return refusal;
  if (given.phase !== "all" && (slices || isOfWholeRun(spec))) {
    return {
      fact: `${slices ? "slices are" : `${measure} is`} judged over the whole run, and not in phase ${given.phase}`,
      remedy: slices ? "say all, or use Occurrences" : "say all, or leave it out",
      annotation: "phase",
    };
  }
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

/** Slices need something that can be told apart by time, and a share of it. */
function sliceRefusal(measure: string, spec: MeasureSpec, share: number): Refusal | undefined {
  if (isOfWholeRun(spec)) {
    return {
      fact: `${measure} is known for the whole run only, and not by slices`,
      remedy: "use Occurrences",
    };
  }
  const hasShare =
    spec.kind === "latency" ? spec.percentile < 100 || share === 1 : eventShareOf(measure) !== undefined;
  return hasShare
    ? undefined
    : { fact: `${measure} has no share of good events in a slice`, remedy: "use Occurrences" };
}
