import type { Finder } from "../../../findings/finding.ts";
import { countOf, formatCount } from "../../../words.ts";
import { saleOf } from "../presale.ts";
import { isBot } from "../steps.ts";

/** Bots that got past the door, and what that took from buyers. */
export const bots: Finder = ({ evidence }) => {
  const presale = saleOf(evidence);
  if (!presale) return [];
  const clients = [...presale.told.values()];
  const all = clients.filter(({ journey }) => isBot(journey));
  const joined = all.filter(({ ordinals }) => ordinals.length > 0);
  if (joined.length === 0) return [];
  const admitted = all.filter((told) => told.admitted);
  const holds = all.reduce((sum, told) => sum + told.holds, 0);
  const buyers = new Set(all.map(({ buyer }) => buyer));
  const seats = [...presale.books.seats.values()].filter(
    (seat) => seat.state !== "indeterminate" && buyers.has(seat.buyer),
  );
  const sold = seats.filter(({ state }) => state === "sold").length;
  const without = clients.filter(
    ({ journey, end }) => !isBot(journey) && end?.end === "rejected" && end.cause === "sold out",
  ).length;
  return [
    {
      severity: admitted.length > 0 ? "medium" : "low",
      title:
        admitted.length > 0
          ? `${countOf(admitted.length, "bot was", "bots were")} let in`
          : `${countOf(joined.length, "bot")} got a place in the queue`,
      evidence:
        `of ${formatCount(all.length)} that came, ${formatCount(joined.length)} got a place and ${countOf(admitted.length, "was", "were")} let in; ` +
        `they took ${countOf(admitted.length, "admission")} and ${countOf(holds, "hold")} (${countOf(sold, "seat")} bought, ${formatCount(seats.length - sold)} still held in the end) ` +
        `before ${countOf(without, "buyer was", "buyers were")} sent home without a seat`,
      when: null,
      remedy:
        "Lower the joins that one fingerprint may have, and make the challenge cost more for each further join: every admission of a bot is one that a buyer waited for.",
    },
  ];
};
