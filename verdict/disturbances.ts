import type { Allowance, FaultAllowance } from "../common/experiment.ts";
import type { FaultTimes } from "./fault-times.ts";
import type { SteadyState } from "./steady-state.ts";

/** A fault whose injection was begun, until the run is steady again after its heal. */
export interface Disturbance {
  id: string;
  kind: string;
  band: string;
  fromMs: number;
  /** Infinity: never healed. */
  healedMs: number;
  /** Infinity: not steady again, or never healed. */
  toMs: number;
  allow: FaultAllowance | undefined;
}

export function disturbancesOf(
  faults: readonly FaultTimes[],
  steadyState: SteadyState,
  ofBudget: readonly Allowance[],
): Disturbance[] {
  return faults
    .filter(({ begun }) => begun)
    .map(({ planned, fromMs, toMs, healed }) => {
      const steadyAfterMs = healed ? steadyState.steadyAfterMs(toMs) : null;
      return {
        id: planned.id,
        kind: planned.kind,
        band: planned.band ?? planned.id,
        fromMs,
        healedMs: healed ? toMs : Number.POSITIVE_INFINITY,
        toMs: steadyAfterMs === null ? Number.POSITIVE_INFINITY : toMs + steadyAfterMs,
        allow: allowanceOf(planned, ofBudget),
      };
    });
}

/** What its experiment allows a fault; a budget that names the fault, or its kind, has the last word. */
export function allowanceOf(
  { id, kind, allow }: { id: string; kind: string; allow?: FaultAllowance },
  ofBudget: readonly Allowance[],
): FaultAllowance | undefined {
  const named = ofBudget.find(({ fault }) => fault === id) ?? ofBudget.find(({ fault }) => fault === kind);
  return named ? { measures: named.measures, forAtMostMs: named.forAtMostMs } : allow;
}

/** Whether a disturbance touches a span of the run. */
export function touches({ fromMs, toMs }: Disturbance, span: { fromMs: number; toMs: number }): boolean {
  return fromMs < span.toMs && toMs > span.fromMs;
}

/** Until when its allowance holds: until steady, and no longer than it says. */
export function allowedUntilMs({ fromMs, toMs, allow }: Disturbance): number {
  return allow ? Math.min(toMs, fromMs + allow.forAtMostMs) : fromMs;
}
