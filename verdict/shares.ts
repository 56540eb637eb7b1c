import type { JourneyEnd } from "../common/journey.ts";
import type { CrowdFinal } from "../common/records.ts";
import { rateErrors } from "./presale/admission.ts";
import type { Presale } from "./presale/presale.ts";

/** Shares of a whole run that objectives may be about, and of what they are. */
export const shareNames = {
  "journeys.failedRatio": "journeys that ended in what must not be, of all",
  "journeys.completedRatio": "journeys that came to what they were for, of all",
  "checkout.completionRatio": "buyers whose booking was confirmed, of those who asked for one",
  "payments.failedRatio": "bookings that ended without a payment, declined ones included, of all that ended",
  "admission.rateErrorRatio":
    "let in too many or too few against the controller's target, of that target, while buyers waited",
} as const;
export type ShareName = keyof typeof shareNames;

/** `part` of `whole`, which is more than nothing. */
export interface Share {
  part: number;
  whole: number;
}

/** What there is to be said; a share of nothing is left out. */
export type Shares = Partial<Record<ShareName, Share>>;

export function sharesOf(finals: readonly CrowdFinal[], presale: Presale | undefined): Shares {
  const shares: Shares = {};
  const put = (name: ShareName, part: number, whole: number) => {
    if (whole > 0) shares[name] = { part, whole };
  };
  const ends = endsOf(finals);
  const all = Object.values(ends).reduce((sum, count) => sum + count, 0);
  put("journeys.failedRatio", ends.failed, all);
  put("journeys.completedRatio", ends.completed, all);
  if (!presale) return shares;
  const asked = [...presale.told.values()].filter(({ bookingsAsked }) => bookingsAsked > 0);
  put("checkout.completionRatio", asked.filter(({ confirmed }) => confirmed.length > 0).length, asked.length);
  const ended = presale.books.bookings.filter(({ state }) => state !== "pending");
  put("payments.failedRatio", ended.filter(({ state }) => state !== "confirmed").length, ended.length);
  const { errors, due } = rateErrors(presale.books);
  put("admission.rateErrorRatio", errors, due);
  return shares;
}

/** Of all generators and journeys: `rejected: sold out` counts as rejected. */
export function endsOf(finals: readonly CrowdFinal[]): Record<JourneyEnd, number> {
  const ends = { completed: 0, rejected: 0, abandoned: 0, failed: 0 };
  for (const journey of finals.flatMap(({ journeys = {} }) => Object.values(journeys))) {
    for (const [how, count] of Object.entries(journey)) ends[how.split(":")[0] as JourneyEnd] += count;
  }
  return ends;
}
