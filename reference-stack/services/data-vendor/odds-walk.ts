import type { Odds } from "../../../common/match-state.ts";
import { seeded } from "../../../common/seeded.ts";

/** What the book keeps of every stake; so that the quotes add up to more than certainty. */
const margin = 1.05;

/** Decimal odds whose chances wander: the same seed gives the same quotes. */
export function* oddsWalk(seed: number): Generator<Odds, never> {
  const random = seeded(seed);
  const weights = [0.42, 0.28, 0.3];
  for (;;) {
    for (const [index, weight] of weights.entries()) {
      weights[index] = Math.min(0.9, Math.max(0.04, weight * (0.95 + random() * 0.1)));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const [home, draw, away] = weights.map((weight) => Math.round((sum / weight / margin) * 100) / 100);
    yield { type: "ODDS", home: home!, draw: draw!, away: away! };
  }
}
