/**
 * The keys of a presale in Redis: all of what its services share. Each begins with `presale:<event>:`; all changes are made
 * by the scripts in `lua/`.
 */
export function presaleKeys(event: string) {
  const prefix = `presale:${event}:`;
  return {
    /** String: an `OpenPresale` as JSON. */
    script: `${prefix}script`,
    /** Sorted set: buyers who wait, by the µs of their join (strictly increasing). */
    queue: `${prefix}queue`,
    /** Hash: buyer → `<ordinal>:<µs of the join>:<hash of the buyer's secret>`; also of those who were admitted. */
    places: `${prefix}places`,
    /** String: the last ordinal that was given. */
    next: `${prefix}next`,
    /** String: the ordinal of the last admitted. */
    head: `${prefix}head`,
    /** String: the µs of the last join, so that the next is later. */
    lastJoin: `${prefix}last-join`,
    /** Hash: buyer → `Admitted` as JSON. */
    admitted: `${prefix}admitted`,
    /** Hash: buyer → what `places` had, of those who gave their place up. */
    left: `${prefix}left`,
    /** Redis Stream: an `AdmissionsEntry` each; what edges follow. */
    admissions: `${prefix}admissions`,
    /** String: the µs since which there is nothing left to sell; set once, by `admission`. */
    soldOut: `${prefix}sold-out`,
    /** Hash: fingerprint → joins with it. */
    fingerprints: `${prefix}fingerprints`,

    /** Set: seat ids. */
    free: (section: string) => `${prefix}free:${section}`,
    /** Sorted set: seats that somebody is choosing from, by the ms until then; a hint alone. */
    offered: (section: string) => `${prefix}offered:${section}`,
    /** Hash: seat → `held:<hold>` or `sold:<booking>:<buyer>`; a free seat is absent. */
    seats: `${prefix}seats`,
    /** String: how many of them are sold. */
    soldSeats: `${prefix}sold-seats`,
    /** Hash: buyer, seats (JSON), deadlineUs, state (open, paying, sold, released), booking. */
    hold: (hold: string) => `${prefix}hold:${hold}`,
    /** Sorted set: holds that are open or being paid, by deadlineUs. */
    holds: `${prefix}holds`,
    /** String: tickets that a buyer holds or owns. */
    owned: (buyer: string) => `${prefix}owned:${buyer}`,
    idempotency: (key: string) => `${prefix}idem:${key}`,
    /** Redis Stream: changes of seats. */
    deltas: `${prefix}deltas`,
    /** Strings: holds refused for a seat that was taken, and holds granted; only ever counted up. */
    conflicts: `${prefix}conflicts`,
    granted: `${prefix}granted`,
    /** String, with a time to live: who of several workers does this job now. */
    lease: (job: string) => `${prefix}lease:${job}`,
  } as const;
}

export type PresaleKeys = ReturnType<typeof presaleKeys>;

/** What is there for all presales together. */
export const presaleNames = {
  /** A set: the events that have a presale. */
  events: "presale:events",
  /** String, with a time to live: `slow` or `down` while a box office finds payments so; absent: all is well. */
  payments: "presale:payments",
  /** String, with a time to live: ms that answers take, while a box office is slow; absent: none is. */
  slow: "presale:slow",
} as const;

/** What `admitted` holds of a buyer. */
export interface Admitted {
  /** Order of admission: 1, 2 … */
  as: number;
  atUs: number;
  expiresAtUs: number;
}
