import { MatchdayError } from "../common/errors.ts";
import { percentileMs, shareBeyond } from "../measurements/histograms.ts";
import type { JudgedObjective, Objective, Verdict } from "./contract.ts";
import type { DeliveryResult } from "./delivery.ts";
import { deliveryValue, type MeasureSpec, parseMeasureSpec } from "./measure-spec.ts";
import type { Measures } from "./measures.ts";
import { phasesOf } from "./phases.ts";
import type { Shares } from "./shares.ts";

/** What objectives are about: of a saved run, or of one that is still going on, as far as it is known. */
export interface Observed {
  measures: Measures;
  delivery: Pick<DeliveryResult, "total" | "over">;
  clients: Pick<Verdict["clients"], "planned" | "connected">;
  /** Absent while a run goes on: they are known in the end. */
  shares?: Shares;
}

interface Observation {
  observed: number;
  errorBudgetUsed: number | null;
}

/** Observed against target, in the phases that the objective is about. */
export function judgeObjective(objective: Objective, evidence: Observed): JudgedObjective {
  const { id, title, phase, measure, op, target, unit, key } = objective;
  const observation = observe(objective, specOf(objective), evidence);
  return {
    id,
    title,
    phase,
    measure,
    op,
    target,
    unit,
    observed: observation?.observed ?? null,
    ok: observation ? holds(observation.observed, op, target) : null,
    key,
    errorBudgetUsed: observation?.errorBudgetUsed ?? null,
  };
}

/** @throws MatchdayError BUDGET_INVALID: budgets are checked when they are read, so this one was written by hand. */
export function specOf({ id, measure }: Pick<Objective, "id" | "measure">): MeasureSpec {
  const spec = parseMeasureSpec(measure);
  if (spec) return spec;
  throw new MatchdayError("BUDGET_INVALID", `objective ${id}: there is no measure "${measure}"`, {
    hint: "judge the run against another budget: matchday gate RUN --slo FILE",
  });
}

export function holds(observed: number, op: Objective["op"], target: number): boolean {
  switch (op) {
    case "lt":
      return observed < target;
    case "lte":
      return observed <= target;
    case "gt":
      return observed > target;
    case "gte":
      return observed >= target;
    case "eq":
      return observed === target;
  }
}

/** `undefined`: not exercised. */
function observe(objective: Objective, spec: MeasureSpec, evidence: Observed): Observation | undefined {
  const phases = phasesOf(objective.phase);
  if (spec.kind === "clients") {
    const { planned, connected } = evidence.clients;
    if (planned === 0) return undefined;
    const observed = connected / planned;
    return { observed, errorBudgetUsed: ratioBudgetUsed(observed, objective) };
  }
  if (spec.kind === "share") {
    const share = evidence.shares?.[spec.name];
    if (!share) return undefined;
    const observed = share.part / share.whole;
    return { observed, errorBudgetUsed: shareBudgetUsed(observed, objective) };
  }
  if (spec.kind === "delivery") {
    const delivery = objective.phase === "all" ? evidence.delivery.total : evidence.delivery.over(phases);
    if (delivery.expected === 0) return undefined;
    const observed = deliveryValue(delivery, spec.field);
    const errorBudgetUsed =
      spec.field === "ratio" ? ratioBudgetUsed(observed, objective) : countBudgetUsed(observed, objective);
    return { observed, errorBudgetUsed };
  }
  const histogram = evidence.measures.histogram(spec.measure, objective.phase === "all" ? "all" : phases);
  if (!histogram || histogram.totalCount === 0) return undefined;
  const allowed = 1 - spec.percentile / 100;
  const { op, target } = objective;
  const upper = op === "lt" || op === "lte";
  return {
    observed: spec.percentile === 100 ? histogram.maxValue / 1000 : percentileMs(histogram, spec.percentile),
    errorBudgetUsed:
      allowed > 0 && upper ? round(shareBeyond(histogram, (ms) => !holds(ms, op, target)) / allowed) : null,
  };
}

/** Bad events over those allowed. A target that allows none has no budget to use. */
function ratioBudgetUsed(observed: number, { op, target }: Objective): number | null {
  if ((op !== "gt" && op !== "gte") || target >= 1) return observed >= target ? 0 : null;
  return round((1 - observed) / (1 - target));
}

/** Of what is good, as of any ratio; of what is bad, against what is allowed. */
function shareBudgetUsed(observed: number, objective: Objective): number | null {
  const { op } = objective;
  return op === "lt" || op === "lte"
    ? countBudgetUsed(observed, objective)
    : ratioBudgetUsed(observed, objective);
}

function countBudgetUsed(observed: number, { op, target }: Objective): number | null {
  if (observed === 0) return 0;
  return (op === "lt" || op === "lte") && target > 0 ? round(observed / target) : null;
}

const round = (share: number) => Math.round(share * 1e6) / 1e6;
