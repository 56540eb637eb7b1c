import { nowUs } from "../../../common/clock.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import type { SeatDelta } from "../presale/deltas.ts";
import type { KnownPresale } from "../presale/presales.ts";
import { askRedis, RedisAway } from "../presale/redis-away.ts";
import { LuaScript } from "../presale/script.ts";
import { sectionOfSeat } from "../presale/seat-of.ts";

const script = new LuaScript("counts");

/** Seats of a presale at one instant. */
export interface SeatCounts {
  /** By section. */
  free: Map<string, number>;
  held: number;
  sold: number;
  /** Holds that are open or being paid. */
  holds: number;
  soldOut: boolean;
}

export async function readCounts(
  redis: Pick<RedisLink, "call">,
  { keys }: KnownPresale,
  sections: string[],
): Promise<SeatCounts> {
  const free = sections.map((section) => keys.free(section));
  const reply = await askRedis(redis, "counts", (client) =>
    script.run(client, [keys.seats, keys.holds, keys.soldOut, keys.soldSeats, ...free], []),
  );
  const [heldOrSold, holds, soldOut, sold, ...counts] = reply as [
    number,
    number,
    number,
    number,
    ...number[],
  ];
  return {
    free: new Map(sections.map((section, index) => [section, counts[index]!])),
    held: heldOrSold - sold,
    sold,
    holds,
    soldOut: soldOut === 1,
  };
}

/** `hit`: nothing had to be asked; `miss`: some of it was; `stale`: it should have been, and Redis is away. */
export type CacheResult = "hit" | "miss" | "stale";

export interface AvailabilityAnswer {
  body: Buffer;
  cache: CacheResult;
}

interface CachedSection {
  free: number;
  asOfUs: number;
  readAtMs: number;
  /** It is old from then on. */
  untilMs: number;
  changed: boolean;
}

interface CachedEvent {
  /** Another script of the same event is another presale. */
  presale: KnownPresale;
  sections: Map<string, CachedSection>;
  soldOut: boolean;
  body: Buffer | undefined;
  reading: Promise<void> | undefined;
}

/** Redis asked for the same section more often than this would make the cache useless when it is needed most. */
const changedAgainMs = 100;

interface AvailabilityOptions {
  redis: Pick<RedisLink, "call">;
  random?(): number;
  nowMs?(): number;
}

/**
 * Free seats by section, as everybody reads them. A count lives for 500 to 1,500 ms, each section's for another time,
 * so that they do not all grow old at once; a change of a section ends it earlier. Whoever comes while it is being read waits
 * for that one read.
 */
export class Availability {
  readonly #redis: Pick<RedisLink, "call">;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #events = new Map<string, CachedEvent>();

  constructor({ redis, random = Math.random, nowMs = () => performance.now() }: AvailabilityOptions) {
    this.#redis = redis;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** @throws RedisAway when it was never known */
  async read(presale: KnownPresale): Promise<AvailabilityAnswer> {
    const cached = this.#cachedOf(presale);
    if (this.#oldIn(cached).length === 0) return { body: bodyOf(cached), cache: "hit" };
    try {
      await this.#refresh(cached);
      return { body: bodyOf(cached), cache: "miss" };
    } catch (error) {
      if (!(error instanceof RedisAway) || cached.sections.size < presale.sections.size) throw error;
      return { body: bodyOf(cached), cache: "stale" };
    }
  }

  /** Seats have changed: their sections are counted again when somebody asks. */
  changed(event: string, deltas: SeatDelta[]): void {
    const cached = this.#events.get(event);
    if (!cached) return;
    for (const { seats } of deltas) {
      for (const seat of seats) {
        const section = cached.sections.get(sectionOfSeat(seat));
        if (section) section.changed = true;
      }
    }
  }

  /** Nobody knows what has changed: all is counted again when somebody asks. */
  allChanged(event: string): void {
    for (const section of this.#events.get(event)?.sections.values() ?? []) section.changed = true;
  }

  #cachedOf(presale: KnownPresale): CachedEvent {
    const { event } = presale.script;
    const before = this.#events.get(event);
    if (before?.presale === presale) return before;
    const cached = { presale, sections: new Map(), soldOut: false, body: undefined, reading: undefined };
    this.#events.set(event, cached);
    return cached;
  }

  #oldIn({ presale, sections }: CachedEvent): string[] {
    const nowMs = this.#nowMs();
    const old: string[] = [];
    for (const id of presale.sections.keys()) {
      const section = sections.get(id);
      if (!section || section.untilMs <= nowMs) old.push(id);
      else if (section.changed && section.readAtMs + changedAgainMs <= nowMs) old.push(id);
    }
    return old;
  }

  #refresh(cached: CachedEvent): Promise<void> {
    cached.reading ??= this.#count(cached).finally(() => {
      cached.reading = undefined;
    });
    return cached.reading;
  }

  async #count(cached: CachedEvent): Promise<void> {
    const old = this.#oldIn(cached);
    const asOfUs = nowUs();
    // What changes from here on may not be in the answer.
    for (const id of old) {
      const section = cached.sections.get(id);
      if (section) section.changed = false;
    }
    try {
      const { free, soldOut } = await readCounts(this.#redis, cached.presale, old);
      for (const [id, count] of free) {
        const readAtMs = this.#nowMs();
        const untilMs = readAtMs + 500 + 1000 * this.#random();
        const changed = cached.sections.get(id)?.changed ?? false;
        cached.sections.set(id, { free: count, asOfUs, readAtMs, untilMs, changed });
      }
      cached.soldOut ||= soldOut;
      cached.body = undefined;
    } catch (error) {
      for (const id of old) {
        const section = cached.sections.get(id);
        if (section) section.changed = true;
      }
      throw error;
    }
  }
}

function bodyOf(cached: CachedEvent): Buffer {
  if (cached.body) return cached.body;
  const { presale, sections, soldOut } = cached;
  const counts = [...presale.sections.values()].map(({ id, rows, seatsPerRow, priceCents }) => ({
    section: id,
    free: sections.get(id)!.free,
    seats: rows * seatsPerRow,
    priceCents,
  }));
  cached.body = Buffer.from(
    JSON.stringify({
      event: presale.script.event,
      free: counts.reduce((sum, { free }) => sum + free, 0),
      soldOut,
      /** Of the oldest count. */
      asOfUs: Math.min(...[...sections.values()].map(({ asOfUs }) => asOfUs)),
      sections: counts,
    }),
  );
  return cached.body;
}
