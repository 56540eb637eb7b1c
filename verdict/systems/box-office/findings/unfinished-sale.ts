import type { Finder } from "../../../findings/finding.ts";
import { countOf, formatCount } from "../../../words.ts";
import { saleOf } from "../presale.ts";
import { isBot } from "../steps.ts";

/** A run that ended before the sale did: who waited still was neither let in nor sent home. */
export const unfinishedSale: Finder = ({ evidence }) => {
  const { plan, startAtUs } = evidence;
  const presale = saleOf(evidence);
  if (presale?.books.presale?.soldOut !== false) return [];
  const { sections, seats, places, decisions } = presale.books;
  const waiting = [...presale.told.values()].filter(
    ({ journey, ordinals, admitted, end }) =>
      !isBot(journey) && ordinals.length > 0 && !admitted && end?.end !== "rejected",
  );
  if (waiting.length === 0) return [];
  const all = sections.reduce((sum, section) => sum + section.seats, 0);
  const sold = [...seats.values()].filter(({ state }) => state === "sold").length;
  const lastAdmittedUs = places.reduce(
    (last, { admittedAtUs = 0 }) => Math.max(last, admittedAtUs),
    startAtUs,
  );
  const decision = decisions.at(-1);
  return [
    {
      severity: "high",
      title: `The run ended before all was sold, and ${countOf(waiting.length, "buyer")} waited`,
      evidence: `${formatCount(sold)} of ${countOf(all, "seat")} were sold${decision ? `; the controller's last decision was to let in ${decision.perSecond} a second: ${decision.reason}` : ""}`,
      when: { fromMs: Math.max(0, (lastAdmittedUs - startAtUs) / 1000), toMs: plan.durationMs },
      remedy:
        "See in the controller's decisions what held admission back; where nothing did, the sale needs more time (--duration).",
    },
  ];
};
