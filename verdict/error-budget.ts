import type { ErrorBudget, Objective, SloTerms, SloWindow } from "./contract.ts";
import { type Counted, type EventCount, eventsBySecond, eventsOfRun } from "./event-counts.ts";
import { exact } from "./measure-spec.ts";
import { windowAt } from "./open-slo/windows.ts";
import { badnessOf, slicesOf } from "./slices.ts";

/** 30 days, as SLOs count a month. */
const monthMs = 30 * 86_400_000;

/**
 * What the whole run cost an SLO: every bad event or slice of it, in whatever phase and allowed or not, against what the SLO's
 * window allows at this run's traffic. `undefined` for what is no SLO, and for one whose events (or whole slices) there were
 * none of.
 */
export function errorBudgetOf(objective: Objective, evidence: Counted): ErrorBudget | undefined {
  const { id, title, slo } = objective;
  if (!slo) return undefined;
  const counted =
    slo.sliceMs === undefined ? occurrencesOf(objective, evidence) : badSlicesOf(objective, evidence);
  if (!counted) return undefined;
  const { bad, total, observedMs, steps } = counted;
  const mayBeBad = exact(1 - slo.target);
  const allowedIn = (ms: number) => allowedBad(slo, total, ms / observedMs);
  const windowMs = slo.window ? lengthOf(slo.window, evidence) : null;
  const allowedInWindow = windowMs === null ? null : allowedIn(windowMs);
  return {
    ...{ id, title, method: slo.method, target: slo.target, bad, total },
    window: slo.window?.duration ?? null,
    windowMs,
    allowedInWindow,
    used: allowedInWindow === null ? null : bad / allowedInWindow,
    burn: bad / total / mayBeBad,
    worst: worstOf(steps, mayBeBad),
    affordablePerMonth: bad === 0 ? null : allowedIn(monthMs) / bad,
  };
}

/** How many may be bad in so many times the time in which `total` were counted. */
const allowedBad = (slo: SloTerms, total: number, times: number) => total * times * exact(1 - slo.target);

/** The share of its window's error budget that a run has used so far, which has gone on for so long; null where there is no window. */
export function budgetUsed(
  slo: SloTerms,
  { bad, total }: EventCount,
  { plan, elapsedMs }: Pick<Counted, "plan"> & { elapsedMs: number },
): number | null {
  if (!slo.window || elapsedMs <= 0) return null;
  return bad / allowedBad(slo, total, lengthOf(slo.window, { plan }) / elapsedMs);
}

interface BudgetCount extends EventCount {
  /** The time in which these were counted. */
  observedMs: number;
  /** The same by second or slice, where it can be told. */
  steps: (EventCount & { atMs: number })[];
}

function occurrencesOf(objective: Objective, evidence: Counted): BudgetCount | undefined {
  const count = eventsOfRun(objective, evidence);
  const seconds = [...(eventsBySecond(objective, evidence) ?? [])].filter(([index]) => index >= 0);
  return (
    count && {
      ...count,
      observedMs: evidence.plan.durationMs,
      steps: seconds.map(([index, each]) => ({ atMs: index * 1000, ...each })),
    }
  );
}

/** Slices count one each, whatever happened in them. */
function badSlicesOf(objective: Objective, evidence: Counted): BudgetCount | undefined {
  const { slices, whole } = slicesOf(objective, evidence);
  if (slices.length === 0) return undefined;
  const steps = slices.map((slice) => ({ atMs: slice.atMs, bad: badnessOf(slice, objective), total: 1 }));
  return {
    bad: steps.reduce((sum, { bad }) => sum + bad, 0),
    total: slices.length,
    observedMs: whole * objective.slo!.sliceMs!,
    steps,
  };
}

/** Of a calendar window: of the one that the run began in. */
function lengthOf(window: SloWindow, { plan }: Pick<Counted, "plan">): number {
  if (window.isRolling || plan.startAtUs === undefined) return window.ms;
  const { fromMs, toMs } = windowAt(window, plan.startAtUs / 1000);
  return toMs - fromMs;
}

/** The step that burned fastest, and of those the one with the most that was bad. */
function worstOf(steps: BudgetCount["steps"], mayBeBad: number): ErrorBudget["worst"] {
  const bad = steps.filter((step) => step.bad > 0);
  if (bad.length === 0) return null;
  const worst = bad.reduce((known, step) => {
    const [a, b] = [step.bad / step.total, known.bad / known.total];
    return a > b || (a === b && step.bad > known.bad) ? step : known;
  });
  return { burn: worst.bad / worst.total / mayBeBad, atMs: worst.atMs };
}
