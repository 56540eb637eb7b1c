import type { LiveFeed } from "../../measurements/live.ts";
import type { JudgedObjective, Objective, Verdict } from "../../verdict/contract.ts";
import { Measures } from "../../verdict/measures.ts";
import { judgeObjective, type Observed } from "../../verdict/objectives.ts";
import type { Plan } from "../../verdict/plan.ts";
import type { DeliverySoFar } from "./delivery-so-far.ts";
import { type Sample, sample, samplesIf } from "./sample.ts";

/** Prometheus has no milliseconds. */
const inBaseUnit = (value: number, unit: Objective["unit"]) => (unit === "ms" ? value / 1000 : value);
export const unitLabel = (unit: Objective["unit"]) => (unit === "ms" ? "seconds" : unit);

export function targetSamples(objectives: readonly Objective[]): Sample[] {
  return objectives.map(({ id, title, op, unit, target }) =>
    sample(inBaseUnit(target, unit), { objective: id, title, op, unit: unitLabel(unit) }),
  );
}

export const observedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap(({ id, observed, unit }) =>
    samplesIf(observed === null ? null : inBaseUnit(observed, unit), { objective: id }),
  );

export const okSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap(({ id, ok }) => samplesIf(ok === null ? null : Number(ok), { objective: id }));

export const budgetSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap(({ id, errorBudgetUsed }) => samplesIf(errorBudgetUsed, { objective: id }));

/** The budget as it stands now: the verdict's own answer once there is one, else judged as the verdict would. */
export function judgedSoFar(
  plan: Plan,
  live: LiveFeed,
  delivery: DeliverySoFar,
  verdict: Verdict | undefined,
): JudgedObjective[] {
  if (verdict) return verdict.objectives;
  const observed: Observed = { measures: new Measures(live.byKey), delivery, clients: clientsSoFar(live) };
  return plan.budget.objectives.map((objective) => judgeObjective(objective, observed));
}

/**
 * Who was due a second ago is expected to be connected now: of those due this very moment nobody can tell yet.
 * Clients that are due are counted until they leave, so that the most there ever were is taken.
 */
function clientsSoFar(live: LiveFeed): Observed["clients"] {
  let planned = 0;
  for (let index = 0; index < live.latestComplete; index++)
    planned = Math.max(planned, live.second(index)?.planned ?? 0);
  const connected = live.second(live.latestComplete)?.counters.connected ?? 0;
  return { planned, connected: Math.min(planned, connected) };
}
