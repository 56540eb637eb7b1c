import { companyOf } from "./blame.ts";
import type { JudgedFault } from "./contract.ts";
import { allowanceOf } from "./disturbances.ts";
import type { Evidence } from "./evidence.ts";
import { judgeExpectation } from "./expectations.ts";
import type { FaultTimes } from "./fault-times.ts";
import { type PartSign, turned } from "./part-signs.ts";
import type { Span } from "./stretches.ts";

/** A sign that comes later than this after the heal is no sign of the fault. */
const signWithinMs = 5000;
export function judgeFault(fault: FaultTimes, evidence: Evidence): JudgedFault {
  const { planned, begun, injected, healed, fromMs, toMs } = fault;
  const steadyAfterMs = begun && healed ? evidence.steadyState.steadyAfterMs(toMs) : null;
  return {
    id: planned.id,
    kind: planned.kind,
    target: planned.target ?? "",
    band: planned.band ?? planned.id,
    fromMs,
    toMs,
    detectedAfterMs: begun ? detectedAfterMs(fault, evidence) : null,
    steadyAfterMs,
    injected,
    healed,
    allow: allowanceOf(planned, evidence.plan.budget.allowances ?? []) ?? null,
    expectations: planned.expect.map((expectation) => ({
      id: expectation.id,
      ...(injected
        ? judgeExpectation(expectation, { ...fault, steadyAfterMs }, evidence)
        : { ok: null, observed: "the fault was not injected" }),
    })),
  };
}

/** How a part of any system shows that something is wrong with it, or with what it needs. */
const partSigns: readonly PartSign[] = [turned(({ up }) => !up), turned(({ redisUp }) => redisUp === 0)];

/**
 * The first instant at which the crowd's or the stack's figures were other than before the injection. While others are active
 * a sign tells of this fault only where it is one of its own target.
 */
function detectedAfterMs({ planned, fromMs, toMs }: FaultTimes, evidence: Evidence): number | null {
  const { seconds, steadyState, record, disturbances, system } = evidence;
  const shows = [...partSigns, ...(system.partSigns ?? [])];
  const isShared = (span: Span) => companyOf(planned.id, span, disturbances).length > 0;
  const until = toMs + signWithinMs;
  const times: number[] = [];
  for (const [position, second] of seconds.entries()) {
    if (second.toMs <= fromMs || second.fromMs >= until || isShared(second)) continue;
    const before = seconds[position - 1];
    const dropped = before !== undefined && second.counters.disconnects > before.counters.disconnects;
    if (dropped || steadyState.signs(position).length > 0) {
      times.push(second.toMs - fromMs);
      break;
    }
  }
  const parts = Map.groupBy(
    record.stack.toSorted((a, b) => a.atMs - b.atMs),
    ({ part }) => part,
  );
  for (const [part, figures] of parts) {
    const before = figures.filter(({ atMs }) => atMs < fromMs);
    const after = figures.filter(({ atMs }) => atMs >= fromMs && atMs < until);
    const sign = after.find(
      (now) =>
        (part === planned.target || !isShared({ fromMs: now.atMs, toMs: now.atMs + 1 })) &&
        shows.some((isSign) => isSign(now, before)),
    );
    if (sign) times.push(sign.atMs - fromMs);
  }
  return times.length === 0 ? null : Math.min(...times);
}
