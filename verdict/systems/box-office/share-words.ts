import type { ShareWords } from "../../share-words.ts";

export const saleShareWords = {
  "checkout.completionRatio": {
    meaning: "buyers whose booking was confirmed, of those who asked for one",
    events: { counts: "good", part: "checkout.completed", total: "checkout.asked" },
  },
  "payments.failedRatio": {
    meaning: "bookings that ended without a payment, declined ones included, of all that ended",
    events: { counts: "bad", part: "payments.failed", rest: "payments.confirmed", total: "payments.ended" },
  },
  "admission.rateErrorRatio": {
    meaning:
      "let in too many or too few against the controller's target, of that target, while buyers waited",
    // Buyers let in too early come on top of those due: a deviation, and no share of anything.
    events: null,
  },
} as const satisfies Record<string, ShareWords>;
