import type { Finder } from "../../../findings/finding.ts";
import { countOf, formatCount, formatRatio } from "../../../words.ts";
import { saleOf } from "../presale.ts";

/** Some change their minds; more than this keeps seats from who would pay. */
const usualShare = 0.15;

/** Seats that were held and given back: for as long nobody could buy them. */
export const unpaidHolds: Finder = ({ evidence }) => {
  const presale = saleOf(evidence);
  if (!presale) return [];
  const { holds, bookings, presale: opened } = presale.books;
  const booked = new Set(bookings.map(({ buyer, seats }) => `${buyer} ${seats.join()}`));
  const back = holds.filter(
    ({ state, buyer, seats }) => state === "released" && !booked.has(`${buyer} ${seats.join()}`),
  );
  const share = back.length / Math.max(1, holds.length);
  if (share <= usualShare) return [];
  const seats = back.reduce((sum, hold) => sum + hold.seats.length, 0);
  const seconds = Math.round((opened?.script.holdMs ?? 0) / 1000);
  return [
    {
      severity: "medium",
      title: `${formatRatio(share, "bad")} of the holds were never paid for`,
      evidence: `${formatCount(back.length)} of ${countOf(holds.length, "hold")} went back without a booking: ${countOf(seats, "seat")}, for up to ${seconds} s each`,
      when: null,
      remedy:
        "Shorten the hold, or ask for a sign of life before it is extended; and let a buyer who gives up give the seats back at once.",
    },
  ];
};
