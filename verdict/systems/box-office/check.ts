import type { Violation } from "../../contract.ts";
import type { Evidence } from "../../evidence.ts";
import { type Check, type Invariant, summedUp } from "../../invariants/invariant.ts";
import { type Presale, saleOf } from "./presale.ts";

/** An invariant of a presale: where nothing was on sale there is nothing to look at, and delay is no excuse. */
export function ofPresale(
  id: string,
  title: string,
  look: (presale: Presale) => { checked: number; violations: Violation[] },
): Invariant {
  return {
    id,
    title,
    needs: ["audit.jsonl", "history.jsonl"],
    check(evidence: Evidence): Check {
      const presale = saleOf(evidence);
      const { record } = evidence;
      // The books are read last: a run that did not come to its end has a part of them at most.
      const ended = record.journal.some((entry) => entry.type === "run" && entry.state === "ended");
      // It says itself how many places it holds.
      const isWhole = ended && presale?.books.presale?.joined === presale?.books.places.length;
      const { checked, violations } = presale && isWhole ? look(presale) : { checked: 0, violations: [] };
      return { checked, violations: summedUp(violations), delayCouldExplain: false };
    },
  };
}
