import { z } from "zod";
import type { SystemJudge } from "../../system-judge.ts";
import { saleAchieved } from "./achievement.ts";
import { admissionPace } from "./findings/admission-pace.ts";
import { bots } from "./findings/bots.ts";
import { seatConflicts } from "./findings/seat-conflicts.ts";
import { stalePositions } from "./findings/stale-positions.ts";
import { unfinishedSale } from "./findings/unfinished-sale.ts";
import { unpaidHolds } from "./findings/unpaid-holds.ts";
import { funnelOf } from "./funnel.ts";
import { admissionInOrder } from "./invariants/admission-in-order.ts";
import { noLostPlace } from "./invariants/no-lost-place.ts";
import { noPaymentWithoutSeat } from "./invariants/no-payment-without-seat.ts";
import { noSeatLost } from "./invariants/no-seat-lost.ts";
import { noSeatSoldTwice } from "./invariants/no-seat-sold-twice.ts";
import { paidBookingRecordedOnce } from "./invariants/paid-booking-recorded-once.ts";
import { purchaseLimitKept } from "./invariants/purchase-limit-kept.ts";
import { salePartSigns } from "./part-signs.ts";
import { type Presale, presaleOf } from "./presale.ts";
import { setbackSigns } from "./setbacks.ts";
import { saleShares } from "./shares.ts";

const text = z.string();
const count = z.int().nonnegative();

const script = z.looseObject({
  presale: z.looseObject({
    event: text,
    venue: z.looseObject({
      sections: z.array(z.looseObject({ id: text, rows: count, seatsPerRow: count, priceCents: z.number() })),
    }),
    purchaseLimit: count,
    admission: z.looseObject({ maxPerSecond: z.number() }),
  }),
});

export const boxOffice: SystemJudge<Presale> = {
  script,
  invariants: [
    noSeatSoldTwice,
    noSeatLost,
    paidBookingRecordedOnce,
    noPaymentWithoutSeat,
    noLostPlace,
    admissionInOrder,
    purchaseLimitKept,
  ],
  findings: [unfinishedSale, admissionPace, seatConflicts, unpaidHolds, stalePositions, bots],
  workUp: presaleOf,
  shares: saleShares,
  signs: setbackSigns,
  partSigns: salePartSigns,
  achievement: saleAchieved,
  funnel: funnelOf,
};
