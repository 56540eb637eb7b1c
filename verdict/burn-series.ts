import type { Objective } from "./contract.ts";
import { type Counted, type EventCount, eventsBySecond } from "./event-counts.ts";
import { exact } from "./measure-spec.ts";
import { badnessOf, slicesOf } from "./slices.ts";

/** How fast an error budget was used over the run: 1 uses up exactly what the SLO's target allows. */
export interface BurnSeries {
  /** A second; of SLOs of slices, a slice. */
  stepMs: number;
  /** Burn is that of so much time, up to the end of a step. */
  windowsMs: number[];
  points: BurnPoint[];
}

export interface BurnPoint extends EventCount {
  /** When the step begins, since the start instant. */
  atMs: number;
  /** One for each window; null where it holds no events. */
  burn: (number | null)[];
}

/** Alerts look at minutes and hours; a rehearsal is over by then. */
const usualWindowsMs = [5_000, 30_000];

/** `undefined` for what is no SLO, or is known for the whole run only. Windows shorter than a step are one step long. */
export function burnSeries(
  objective: Objective,
  evidence: Counted,
  windowsMs: readonly number[] = usualWindowsMs,
): BurnSeries | undefined {
  const { slo } = objective;
  const steps =
    slo && (slo.sliceMs === undefined ? secondsOf(objective, evidence) : sliceSteps(objective, evidence));
  if (!steps || steps.length === 0) return undefined;
  const stepMs = slo.sliceMs ?? 1000;
  const windows = [...new Set(windowsMs.map((ms) => Math.max(stepMs, ms)))];
  return {
    stepMs,
    windowsMs: windows,
    points: withBurn(
      steps,
      windows.map((ms) => Math.round(ms / stepMs)),
      slo.target,
    ),
  };
}

type Step = Omit<BurnPoint, "burn">;

function secondsOf(objective: Objective, evidence: Counted): Step[] | undefined {
  const counts = eventsBySecond(objective, evidence);
  const last = evidence.seconds.at(-1)?.index ?? -1;
  return (
    counts &&
    Array.from({ length: last + 1 }, (_, index) => ({
      atMs: index * 1000,
      ...(counts.get(index) ?? { bad: 0, total: 0 }),
    }))
  );
}

function sliceSteps(objective: Objective, evidence: Counted): Step[] {
  const { slices, whole } = slicesOf(objective, evidence);
  const sliceMs = objective.slo!.sliceMs!;
  return Array.from({ length: whole }, (_, nth) => {
    const slice = slices.find(({ atMs }) => atMs === nth * sliceMs);
    return { atMs: nth * sliceMs, bad: slice ? badnessOf(slice, objective) : 0, total: slice ? 1 : 0 };
  });
}

/** @param lengths of the windows, in steps */
function withBurn(steps: readonly Step[], lengths: readonly number[], target: number): BurnPoint[] {
  const burnOf = (window: readonly Step[]) => {
    const total = window.reduce((sum, step) => sum + step.total, 0);
    const bad = window.reduce((sum, step) => sum + step.bad, 0);
    return total === 0 ? null : bad / total / exact(1 - target);
  };
  return steps.map((step, position) => ({
    ...step,
    burn: lengths.map((length) => burnOf(steps.slice(Math.max(0, position + 1 - length), position + 1))),
  }));
}
