/** Positions are told each tick to those who are due. */
export const tickMs = 100;

/** How often a position is told, by how far it is from the front. */
const paces = [
  { upTo: 500, everyTicks: 10 },
  { upTo: 2_000, everyTicks: 30 },
  { upTo: 10_000, everyTicks: 100 },
  { upTo: 30_000, everyTicks: 200 },
  // Whoever is that far back waits for many minutes. With 160,000 of them told every 10 s, two cores had room for little else;
  // a proxy closes what is silent for a minute (nginx's `proxy_read_timeout`).
  { upTo: Number.POSITIVE_INFINITY, everyTicks: 500 },
];

/**
 * The ordinals whose position is told at a tick: each waiting one once in its pace, spread evenly over the ticks.
 * @param head the ordinal of the last who was let in
 * @param last the highest ordinal that is of interest
 */
export function* ordinalsDue(tick: number, head: number, last: number): Generator<number> {
  let from = head + 1;
  for (const { upTo, everyTicks } of paces) {
    const to = Math.min(last, head + upTo);
    const untilNext = (((tick - from) % everyTicks) + everyTicks) % everyTicks;
    for (let ordinal = from + untilNext; ordinal <= to; ordinal += everyTicks) yield ordinal;
    from = to + 1;
  }
}
