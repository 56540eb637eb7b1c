import type { Finder } from "../../../findings/finding.ts";
import { countOf, formatRatio } from "../../../words.ts";
import { saleOf } from "../presale.ts";
import { stretchOf } from "../stretch.ts";

/** Buyers who chose a seat that was gone: too many were let in at once, or all were shown the same seats. */
export const seatConflicts: Finder = ({ evidence }) => {
  const { startAtUs } = evidence;
  const presale = saleOf(evidence);
  const script = presale?.books.presale?.script;
  if (!presale || !script) return [];
  let conflicts = 0;
  let holds = 0;
  for (const told of presale.told.values()) {
    conflicts += told.conflicts;
    holds += told.holds;
  }
  const rate = conflicts / Math.max(1, conflicts + holds);
  const { targetConflictRate } = script.admission;
  if (rate <= targetConflictRate) return [];
  const above = presale.books.decisions.filter(({ conflictRate }) => conflictRate > targetConflictRate);
  return [
    {
      severity: "medium",
      title: `${formatRatio(rate, "bad")} of the seats that buyers chose were gone`,
      evidence: `${countOf(conflicts, "conflict")} for ${countOf(holds, "hold")}; the controller aims at ${formatRatio(targetConflictRate)} at most, and saw more in ${countOf(above.length, "decision")}`,
      when: stretchOf(above, startAtUs),
      remedy:
        "Let in fewer at once, or offer seats that are spread further apart: each conflict costs a buyer another choice, and the stack another round.",
    },
  ];
};
