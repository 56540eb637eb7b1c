import { type Shares, sharesOf } from "../../shares.ts";
import { rateErrors } from "./admission.ts";
import type { Presale } from "./presale.ts";

export function saleShares({ told, books }: Presale): Shares {
  // A card that the provider declines is a right answer, and no work of those who are judged. Its own books say which it was: who says
  // so otherwise has failed.
  const declined = books.charges.filter(({ state }) => state === "declined");
  const buyersDeclined = new Set(declined.map(({ buyer }) => buyer));
  const bookingsDeclined = new Set(declined.map(({ booking }) => booking));
  const asked = [...told].flatMap(([client, buyer]) =>
    buyer.bookingsAsked > 0 && (buyer.confirmed.length > 0 || !buyersDeclined.has(String(client)))
      ? [buyer]
      : [],
  );
  const ended = books.bookings.filter(
    ({ state, booking }) => state === "confirmed" || (state !== "pending" && !bookingsDeclined.has(booking)),
  );
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
    "payments.confirmedRatio": {
      part: ended.filter(({ state }) => state === "confirmed").length,
      whole: ended.length,
    },
    "admission.rateErrorRatio": { part: errors, whole: due },
  });
}
