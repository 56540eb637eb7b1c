import type { JourneyEnd } from "../common/journey.ts";
import type { CrowdFinal } from "../common/records.ts";
import type { Books } from "./presale/books.ts";
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

/** What there is to be said; a share of nothing is left out. */
export type Shares = Partial<Record<ShareName, number>>;

export function sharesOf(finals: readonly CrowdFinal[], presale: Presale | undefined): Shares {
  const shares: Shares = {};
  const put = (name: ShareName, part: number, whole: number) => {
    if (whole > 0) shares[name] = part / whole;
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

/** Shorter, and one buyer more or less would be a great error. */
const leastWindowUs = 1_000_000;

/** Between decisions a second or more apart, at both of which buyers waited. */
export function rateErrors({ decisions, places }: Books): {
  errors: number;
  due: number;
  admitted: number;
} {
  const admittedAt = places.flatMap(({ admittedAtUs }) => admittedAtUs ?? []).sort((a, b) => a - b);
  let errors = 0;
  let due = 0;
  let admitted = 0;
  let next = 0;
  let from = 0;
  while (from < decisions.length - 1) {
    const first = decisions[from]!;
    let target = 0;
    let to = from;
    let waited = first.queue > 0;
    while (to < decisions.length - 1 && decisions[to]!.atUs - first.atUs < leastWindowUs) {
      target += (decisions[to]!.perSecond * (decisions[to + 1]!.atUs - decisions[to]!.atUs)) / 1e6;
      to++;
      waited &&= decisions[to]!.queue > 0;
    }
    while (next < admittedAt.length && admittedAt[next]! <= first.atUs) next++;
    const before = next;
    while (next < admittedAt.length && admittedAt[next]! <= decisions[to]!.atUs) next++;
    if (waited) {
      errors += Math.abs(next - before - target);
      due += target;
      admitted += next - before;
    }
    from = to;
  }
  return { errors, due, admitted };
}
