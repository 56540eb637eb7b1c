import { type Figures, type PartSign, turned } from "../../part-signs.ts";

/** So many bookings under way, of the most before the fault, are no chance; and of next to none, a few are. */
const pileUpFactor = 2;
const leastPileUp = 5;

const pendingIn = ({ gauges }: Figures) => gauges?.pending_bookings ?? 0;

export const salePartSigns: readonly PartSign[] = [
  turned(({ gauges }) => (gauges?.breaker_open ?? 0) > 0),
  (now, before) => {
    const usual = before.reduce((most, figures) => Math.max(most, pendingIn(figures)), 0);
    return pendingIn(now) > pileUpFactor * usual + leastPileUp;
  },
];
