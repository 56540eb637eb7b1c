import { formatMs } from "../../common/duration.ts";
import type { LiveFeed } from "../../measurements/live.ts";
import { allowedIn } from "../../verdict/allowed.ts";
import type { JudgedObjective, Objective } from "../../verdict/contract.ts";
import { allowanceOf } from "../../verdict/disturbances.ts";
import { indicatorOf } from "../../verdict/event-counts.ts";
import { holds, judgeObjective, type Observed, specOf } from "../../verdict/objectives.ts";
import type { Plan } from "../../verdict/plan.ts";
import { type Sample, sample, samplesIf } from "./sample.ts";

/** Prometheus has no milliseconds. */
const inBaseUnit = (value: number, unit: Objective["unit"]) => (unit === "ms" ? value / 1000 : value);
export const unitLabel = (unit: Objective["unit"]) => (unit === "ms" ? "seconds" : unit);

export function targetSamples(objectives: readonly Objective[]): Sample[] {
  return objectives.map(({ id, title, op, unit, target }) =>
    sample(inBaseUnit(target, unit), { objective: id, title, op, unit: unitLabel(unit) }),
  );
}

/** Of the sets of faults that are judged by themselves, and allowed the same, the worst: there is one series for them. */
export function worstOfEach(judged: readonly JudgedObjective[]): JudgedObjective[] {
  const isWorse = (a: JudgedObjective, b: JudgedObjective) => {
    if (a.ok !== b.ok) return a.ok === false;
    const isLeast = a.op === "gt" || a.op === "gte";
    return isLeast ? (a.observed ?? 0) < (b.observed ?? 0) : (a.observed ?? 0) > (b.observed ?? 0);
  };
  return [...Map.groupBy(judged, (row) => JSON.stringify(ofRow(row))).values()].map((rows) =>
    rows.reduce((worst, row) => (isWorse(row, worst) ? row : worst)),
  );
}

/** Each phase of an objective has a sample, and each set of faults in it that is allowed something. */
const ofRow = ({ id, phase, allowed }: JudgedObjective) => ({
  objective: id,
  phase,
  allowed: allowed?.by.join(",") ?? "",
});

/** Under an allowance an SLO of slices is held to its measure, which has another unit than a share of slices. */
const withUnit = (row: JudgedObjective) => ({ ...ofRow(row), unit: unitLabel(row.unit) });

export const observedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) =>
    samplesIf(row.observed === null ? null : inBaseUnit(row.observed, row.unit), withUnit(row)),
  );

export const okSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.ok === null ? null : Number(row.ok), ofRow(row)));

export const allowedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.allowed && inBaseUnit(row.allowed.target, row.unit), withUnit(row)));

export const burnSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.burn, ofRow(row)));

/** 1 where the target was missed, and what the faults may cost was not. */
export const excusedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => {
    const { ok, observed, op, target } = row;
    if (ok === null || observed === null) return [];
    return [sample(Number(ok && !holds(observed, op, target)), ofRow(row))];
  });

/** What each fault may cost each objective, known before it is injected. */
export function allowanceSamples({ budget, faults }: Plan): Sample[] {
  return budget.objectives.map(indicatorOf).flatMap((objective) => {
    const spec = specOf(objective);
    return faults.flatMap((fault) => {
      const allow = allowanceOf(fault, budget.allowances ?? []);
      const allowed = allowedIn({ allowing: [{ id: fault.id, allow }] }, objective, spec);
      if (!allow || !allowed) return [];
      const labels = {
        ...{ objective: objective.id, unit: unitLabel(objective.unit), fault: fault.id },
        for_at_most: formatMs(allow.forAtMostMs),
      };
      return [sample(inBaseUnit(allowed.target, objective.unit), labels)];
    });
  });
}

/**
 * The budget as it stands now, judged as the verdict will judge it. Of slices nothing is told until they are whole, in the
 * end, but for what faults are allowed.
 */
export function judgedSoFar({ budget }: Plan, observed: Observed): JudgedObjective[] {
  return budget.objectives.flatMap((objective) => {
    const rows = judgeObjective(indicatorOf(objective), observed);
    return objective.slo?.sliceMs === undefined ? rows : rows.filter(({ allowed }) => allowed);
  });
}

/**
 * Who was due a second ago is expected to be connected now: of those due this very moment nobody can tell yet.
 * Clients that are due are counted until they leave, so that the most there ever were is taken.
 */
export function clientsSoFar(live: LiveFeed): Observed["clients"] {
  let planned = 0;
  for (let index = 0; index < live.latestComplete; index++)
    planned = Math.max(planned, live.second(index)?.planned ?? 0);
  const connected = live.second(live.latestComplete)?.counters.connected ?? 0;
  return { planned, connected: Math.min(planned, connected) };
}
