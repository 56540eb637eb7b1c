import { type PartSign, turned } from "../../part-signs.ts";

/** So many bookings under way, of the most before the fault, are no chance; and of next to none, a few are. */
const pileUpFactor = 2;
const leastPileUp = 5;

export const salePartSigns: readonly PartSign[] = [
  turned(({ breakerOpen = 0 }) => breakerOpen > 0),
  ({ pendingBookings = 0 }, before) => {
    const usual = before.reduce((most, figures) => Math.max(most, figures.pendingBookings ?? 0), 0);
    return pendingBookings > pileUpFactor * usual + leastPileUp;
  },
];
