import { type Shares, sharesOf } from "../../shares.ts";
import { rateErrors } from "./admission.ts";
import type { Presale } from "./presale.ts";

export function saleShares({ told, books }: Presale): Shares {
  const asked = [...told.values()].filter(({ bookingsAsked }) => bookingsAsked > 0);
  const ended = books.bookings.filter(({ state }) => state !== "pending");
  const { errors, due } = rateErrors(books);
  return sharesOf({
    "checkout.completionRatio": {
      part: asked.filter(({ confirmed }) => confirmed.length > 0).length,
      whole: asked.length,
    },
    "payments.failedRatio": {
      part: ended.filter(({ state }) => state !== "confirmed").length,
      whole: ended.length,
    },
    "admission.rateErrorRatio": { part: errors, whole: due },
  });
}
