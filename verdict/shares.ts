import type { JourneyEnd } from "../common/journey.ts";
import type { CrowdFinal } from "../common/records.ts";
import type { ShareName } from "./share-words.ts";

/** `part` of `whole`, which is more than nothing. */
export interface Share {
  part: number;
  whole: number;
}

/** Shares of a whole run: what there is to be said; a share of nothing is left out. */
export type Shares = Partial<Record<ShareName, Share>>;

/** Of all who walk journeys, whatever system they walk through. */
export function journeyShares(finals: readonly CrowdFinal[]): Shares {
  const ends = endsOf(finals);
  const whole = Object.values(ends).reduce((sum, count) => sum + count, 0);
  return sharesOf({
    "journeys.failedRatio": { part: ends.failed, whole },
    "journeys.notFailedRatio": { part: whole - ends.failed, whole },
    "journeys.completedRatio": { part: ends.completed, whole },
  });
}

/** Without those of nothing. */
export function sharesOf(shares: Shares): Shares {
  return Object.fromEntries(Object.entries(shares).filter(([, { whole }]) => whole > 0));
}

/** Of all generators and journeys: `rejected: sold out` counts as rejected. */
export function endsOf(finals: readonly CrowdFinal[]): Record<JourneyEnd, number> {
  const ends = { completed: 0, rejected: 0, abandoned: 0, failed: 0 };
  for (const journey of finals.flatMap(({ journeys = {} }) => Object.values(journeys))) {
    for (const [how, count] of Object.entries(journey)) ends[how.split(":")[0] as JourneyEnd] += count;
  }
  return ends;
}
