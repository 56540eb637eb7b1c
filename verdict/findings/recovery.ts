import { formatMs } from "../../common/duration.ts";
import type { Finding } from "../contract.ts";
import type { Finder } from "./finding.ts";

/** Faults that left a mark after their heal, broke an expectation, or left no mark at all. */
export const recovery: Finder = ({ faults, evidence }) =>
  faults.flatMap((fault): Finding[] => {
    const { injected } = evidence.faults.find(({ planned }) => planned.id === fault.id)!;
    if (!injected) return [];
    const end = evidence.seconds.at(-1)?.toMs ?? fault.toMs;
    const found: Finding[] = [];
    for (const { id, ok, observed } of fault.expectations) {
      if (ok !== false) continue;
      found.push({
        severity: "high",
        title: `${fault.band}: ${id} did not hold`,
        evidence: observed,
        when: { fromMs: fault.fromMs, toMs: fault.toMs + (fault.steadyAfterMs ?? 0) },
        remedy: `Repeat it alone (--chaos ${fault.kind}), and follow the first second in which it shows on the charts.`,
      });
    }
    if (fault.healed && fault.steadyAfterMs === null && evidence.steadyState.couldSee(fault.toMs, 0)) {
      found.push({
        severity: "high",
        title: `Not steady again after: ${fault.band}`,
        evidence: `from the heal at ${formatMs(fault.toMs)} to the end at ${formatMs(end)}, no three steady seconds in a row`,
        when: { fromMs: fault.toMs, toMs: end },
        remedy:
          "See what stays high after the heal: reconnects that come in waves, a backlog that does not drain, a subscription that was not renewed.",
      });
    }
    if (fault.healed && fault.detectedAfterMs === null) {
      found.push({
        severity: "low",
        title: `No sign of: ${fault.band}`,
        evidence: `neither the crowd's nor the stack's figures changed between ${formatMs(fault.fromMs)} and ${formatMs(fault.toMs)}`,
        when: { fromMs: fault.fromMs, toMs: fault.toMs },
        remedy:
          "Either the stack takes it well, or the fault did not bite: make it longer or harder, and see that a metric of the stack tells of it.",
      });
    }
    return found;
  });
