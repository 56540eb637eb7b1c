import { formatMs } from "../../../../common/duration.ts";
import { phaseNames } from "../../../../measurements/keys.ts";
import type { Finder } from "../../../findings/finding.ts";

/** At the front a position is told each second: one that is older than two is behind. */
const freshMs = 2000;

/** Positions in the queue that were old when they came. */
export const stalePositions: Finder = ({ evidence: { measures, plan } }) => {
  const all = measures.summary("position_age");
  if (!all || all.p99Ms <= freshMs) return [];
  const byPhase = phaseNames.flatMap((phase) => {
    const summary = measures.summary("position_age", [phase]);
    return summary ? [{ phase, p99Ms: summary.p99Ms }] : [];
  });
  const worst = byPhase.toSorted((a, b) => b.p99Ms - a.p99Ms)[0];
  const phase = plan.phases.find(({ name }) => name === worst?.phase);
  return [
    {
      severity: "medium",
      title: `Positions in the queue were ${formatMs(all.p99Ms)} old when they came (p99)`,
      evidence: `median ${formatMs(all.p50Ms)}, oldest ${formatMs(all.maxMs)}${worst ? `; worst in phase ${worst.phase}: ${formatMs(worst.p99Ms)}` : ""}`,
      when: phase ? { fromMs: phase.fromMs, toMs: phase.toMs } : null,
      remedy:
        "Have edges say by whom they know (asOfUs) and what they do while they cannot ask; and tell the back of the queue less often before the front is late.",
    },
  ];
};
