/** What all parts of the made-up run agree on. */
export interface FixtureOptions {
  seconds?: number;
  clients?: number;
  generators?: number;
  edges?: number;
}

export const startAtUs = 1_795_000_000_000_000;
export const redisAway = { fromMs: 20_000, toMs: 30_000 };
export const edgeCrash = { fromMs: 38_000, toMs: 41_000 };

/** Repeats itself: a run that looks alike in every test (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const within = (atMs: number, { fromMs, toMs }: { fromMs: number; toMs: number }) =>
  atMs >= fromMs && atMs < toMs;
