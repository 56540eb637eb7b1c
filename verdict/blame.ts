import { type Disturbance, touches } from "./disturbances.ts";
import type { Span } from "./stretches.ts";

/**
 * The faults that what was bad in some seconds is laid to: each that was alone in one of them; and where none of these was
 * active, all that were.
 */
export function blamed(bad: readonly Span[], disturbances: readonly Disturbance[]): Disturbance[] {
  const active = bad.map((second) => disturbances.filter((disturbance) => touches(disturbance, second)));
  const proven = new Set(active.filter(({ length }) => length === 1).flat());
  const unexplained = active.filter((faults) => !faults.some((fault) => proven.has(fault)));
  const suspects = new Set([...proven, ...unexplained.flat()]);
  return disturbances.filter((disturbance) => suspects.has(disturbance));
}

/** The other faults that were active in a span, in the words of a report: `Redis away and edge-2 down`. */
export function companyOf(id: string, span: Span, disturbances: readonly Disturbance[]): Disturbance[] {
  return disturbances.filter((disturbance) => disturbance.id !== id && touches(disturbance, span));
}

export function bandsOf(disturbances: readonly Pick<Disturbance, "band">[]): string {
  const bands = disturbances.map(({ band }) => band);
  return bands.length < 2 ? bands.join() : `${bands.slice(0, -1).join(", ")} and ${bands.at(-1)}`;
}
