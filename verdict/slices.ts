import { formatMs } from "../common/duration.ts";
import type { JudgedObjective, Objective } from "./contract.ts";
import { type Counted, type EventCount, eventsBySecond } from "./event-counts.ts";
import { exact } from "./measure-spec.ts";
import { holds } from "./objectives.ts";

/** One time slice in which there were events: without any it is neither good nor bad. */
export interface Slice extends EventCount {
  /** Since the start instant. */
  atMs: number;
}

export interface Slices {
  slices: Slice[];
  /** How many whole ones the run has, with events or without. What is cut off at its end is none. */
  whole: number;
}

/** The whole time slices of a run, from the start instant. */
export function slicesOf(objective: Objective, evidence: Counted): Slices {
  const sliceMs = objective.slo?.sliceMs;
  const counts = eventsBySecond(objective, evidence);
  if (sliceMs === undefined || !counts) return { slices: [], whole: 0 };
  const whole = Math.floor(recordedMs(evidence) / sliceMs);
  const slices: Slice[] = [];
  for (let nth = 0; nth < whole; nth++) {
    const sum: EventCount = { bad: 0, total: 0 };
    for (let index = (nth * sliceMs) / 1000; index < ((nth + 1) * sliceMs) / 1000; index++) {
      const { bad, total } = counts.get(index) ?? { bad: 0, total: 0 };
      sum.bad += bad;
      sum.total += total;
    }
    if (sum.total > 0) slices.push({ atMs: nth * sliceMs, ...sum });
  }
  return { slices, whole };
}

/** How much of the run is on record: a run that was cut short is shorter than its plan. */
export function recordedMs({ plan, seconds }: Pick<Counted, "plan" | "seconds">): number {
  return Math.min(plan.durationMs, seconds.at(-1)?.toMs ?? 0);
}

/** What a slice lacks: all of it or nothing (`Timeslices`), or its bad share (`RatioTimeslices`). */
export function badnessOf({ bad, total }: EventCount, { slo }: Pick<Objective, "slo">): number {
  if (slo?.sliceTarget === undefined) return bad / total;
  return (total - bad) / total >= slo.sliceTarget ? 0 : 1;
}

/**
 * A `Timeslices` or `RatioTimeslices` objective: the share of good slices, or the mean of their shares, over the whole run. It
 * says itself how much may be bad: what a fault is allowed excuses no slice.
 */
export function judgeSlices(objective: Objective, evidence: Counted): JudgedObjective {
  const { id, title, measure, op, target, unit, key } = objective;
  const { slices } = slicesOf(objective, evidence);
  const bad = slices.reduce((sum, slice) => sum + badnessOf(slice, objective), 0);
  const observed = slices.length === 0 ? null : (slices.length - bad) / slices.length;
  return {
    ...{ id, title, phase: "all", measure, op, target, unit, observed },
    ok: observed === null ? null : holds(observed, op, target),
    key,
    errorBudgetUsed: null,
    burn: observed === null ? null : bad / slices.length / exact(1 - target),
  };
}

/** Why an objective of slices was not exercised: `no whole slice of 1 min in a run of 40 s`. */
export function noSliceBecause({ slo, measure }: Objective, evidence: Counted): string | undefined {
  if (slo?.sliceMs === undefined) return undefined;
  const ranMs = recordedMs(evidence);
  return ranMs < slo.sliceMs
    ? `no whole slice of ${formatMs(slo.sliceMs)} in a run of ${formatMs(ranMs)}`
    : `no ${measure} in any slice of ${formatMs(slo.sliceMs)}`;
}
