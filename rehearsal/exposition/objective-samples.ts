import type { LiveFeed } from "../../measurements/live.ts";
import type { JudgedObjective, Objective } from "../../verdict/contract.ts";
import { allowanceOf, type Disturbance } from "../../verdict/disturbances.ts";
import type { JudgedParts } from "../../verdict/judged-parts.ts";
import { measuresByPhase } from "../../verdict/measures.ts";
import { judgeObjective, type Observed } from "../../verdict/objectives.ts";
import type { Plan } from "../../verdict/plan.ts";
import type { Stretch } from "../../verdict/stretches.ts";
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

/** Each phase of an objective has a sample, and each set of faults in it that is allowed something. */
const ofRow = ({ id, phase, allowed }: JudgedObjective) => ({
  objective: id,
  phase,
  allowed: allowed?.by.join(",") ?? "",
});

export const observedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) =>
    samplesIf(row.observed === null ? null : inBaseUnit(row.observed, row.unit), ofRow(row)),
  );

export const okSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.ok === null ? null : Number(row.ok), ofRow(row)));

export const allowedSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.allowed && inBaseUnit(row.allowed.target, row.unit), ofRow(row)));

export const burnSamples = (judged: readonly JudgedObjective[]): Sample[] =>
  judged.flatMap((row) => samplesIf(row.burn, ofRow(row)));

/** Of the whole run, and so once for each objective. */
export function budgetSamples(judged: readonly JudgedObjective[]): Sample[] {
  const used = new Map(judged.map(({ id, errorBudgetUsed }) => [id, errorBudgetUsed]));
  return [...used].flatMap(([objective, share]) => samplesIf(share, { objective }));
}

/** The budget as it stands now, judged as the verdict will judge it; objectives of time slices are judged in the end. */
export function judgedSoFar(
  plan: Plan,
  live: LiveFeed,
  delivery: DeliverySoFar,
  injected: readonly string[],
): JudgedObjective[] {
  const observed: Observed = {
    parts: partsSoFar(plan, live, delivery, injected),
    clients: clientsSoFar(live),
  };
  return plan.budget.objectives
    .filter(({ slo }) => slo?.sliceMs === undefined)
    .flatMap((objective) => judgeObjective(objective, observed));
}

/**
 * By planned phases: whether the run is steady again is known in the end. Until then a fault is taken to last through the
 * recovery, with all that it is allowed.
 */
function partsSoFar(
  { phases, faults, budget }: Plan,
  live: LiveFeed,
  delivery: DeliverySoFar,
  injected: readonly string[],
): JudgedParts {
  const measures = measuresByPhase(live.byKey);
  const disturbances = faults
    .filter(({ id }) => injected.includes(id))
    .map((fault): Disturbance => {
      const { id, kind, band = id, atMs } = fault;
      const allow = allowanceOf(fault, budget.allowances ?? []);
      return { id, kind, band, fromMs: atMs, toMs: Number.POSITIVE_INFINITY, allow };
    });
  const phasesOf = (stretches: readonly Stretch[]) => stretches.map(({ phase }) => phase);
  return {
    stretches: phases.map(({ name }) => {
      const ofFault = name === "fault" || name === "recovery" ? disturbances : [];
      return {
        ...{ key: name, phase: name, faults: ofFault },
        allowing: ofFault.filter(({ allow }) => allow !== undefined),
      };
    }),
    histogram: (measure, stretches) => measures.histogram(measure, phasesOf(stretches)),
    delivery: (stretches) => delivery.over(phasesOf(stretches)),
  };
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
