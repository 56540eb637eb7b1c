import { admissionInOrder } from "./admission-in-order.ts";
import { finalScreen } from "./final-screen.ts";
import type { Invariant } from "./invariant.ts";
import { ledgerContiguous } from "./ledger-contiguous.ts";
import { noLostPlace } from "./no-lost-place.ts";
import { noPaymentWithoutSeat } from "./no-payment-without-seat.ts";
import { noSeatLost } from "./no-seat-lost.ts";
import { noSeatSoldTwice } from "./no-seat-sold-twice.ts";
import { nothingMisdelivered } from "./nothing-misdelivered.ts";
import { paidBookingRecordedOnce } from "./paid-booking-recorded-once.ts";
import { purchaseLimitKept } from "./purchase-limit-kept.ts";

export const invariants: readonly Invariant[] = [
  finalScreen,
  ledgerContiguous,
  nothingMisdelivered,
  noSeatSoldTwice,
  noSeatLost,
  paidBookingRecordedOnce,
  noPaymentWithoutSeat,
  noLostPlace,
  admissionInOrder,
  purchaseLimitKept,
];
