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

export const within = (atMs: number, { fromMs, toMs }: { fromMs: number; toMs: number }) =>
  atMs >= fromMs && atMs < toMs;
