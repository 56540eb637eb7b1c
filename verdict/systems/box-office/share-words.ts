import type { ShareWords } from "../../share-words.ts";

export const saleShareWords = {
  "checkout.completionRatio": {
    meaning: "buyers whose booking was confirmed, of those who asked for one and whose card was not declined",
    events: { counts: "good", part: "checkout.completed", total: "checkout.asked" },
  },
  "payments.failedRatio": {
    meaning: "bookings that ended without a payment, of all that ended, those apart whose card was declined",
    events: { counts: "bad", part: "payments.failed", rest: "payments.confirmed", total: "payments.ended" },
  },
  "payments.confirmedRatio": {
    meaning: "bookings that were paid for, of all that ended",
    events: { counts: "good", part: "payments.confirmed", rest: "payments.failed", total: "payments.ended" },
  },
  "admission.rateErrorRatio": {
    meaning:
      "let in too many or too few against the controller's target, of that target, while buyers waited",
    // Buyers let in too early come on top of those due: a deviation, and no share of anything.
    events: null,
  },
} as const satisfies Record<string, ShareWords>;
