import type { VenueSection } from "../../../common/presale.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { askRedis } from "./redis-away.ts";
import { type PresaleKeys, presaleKeys, presaleNames } from "./redis-names.ts";
import type { OpenPresale } from "./script-schema.ts";
import { seatCount } from "./seat-of.ts";

/** A presale as Redis tells of it, and what follows from that. */
export interface KnownPresale {
  script: OpenPresale;
  /** The script, as it stands in Redis. */
  json: string;
  keys: PresaleKeys;
  sections: ReadonlyMap<string, VenueSection>;
  seats: number;
}

/** How long a presale may be there, or gone, before everybody knows. */
const refreshMs = 500;
/** Somebody who asks for what nobody knows makes Redis be asked, but not more often than this. */
const askAgainMs = 100;

/** The presales that there are: read again and again, and kept while Redis is away. */
export class Presales {
  readonly #redis: Pick<RedisLink, "call">;
  #known = new Map<string, KnownPresale>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Pick<RedisLink, "call">) {
    this.#redis = redis;
  }

  /** Whether it has ever been known which presales there are. */
  get synced(): boolean {
    return this.#readAtMs > Number.NEGATIVE_INFINITY;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.refresh().catch(() => {}), refreshMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  all(): IterableIterator<KnownPresale> {
    return this.#known.values();
  }

  get(event: string): KnownPresale | undefined {
    return this.#known.get(event);
  }

  /** As `get`, but what is not known is looked for first. Rejects when nothing was ever known and Redis is away. */
  async find(event: string): Promise<KnownPresale | undefined> {
    const known = this.#known.get(event);
    if (known || performance.now() - this.#readAtMs < askAgainMs) return known;
    await this.refresh().catch((error) => {
      if (!this.synced) throw error;
    });
    return this.#known.get(event);
  }

  /** Reads all there are; those who ask meanwhile share the one read. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const scripts = await askRedis(this.#redis, "presales", async (client) => {
      const events = await client.sMembers(presaleNames.events);
      return events.length === 0 ? [] : client.mGet(events.map((event) => presaleKeys(event).script));
    });
    const known = new Map<string, KnownPresale>();
    for (const json of scripts) {
      if (json === null) continue;
      const script: OpenPresale = JSON.parse(json);
      const before = this.#known.get(script.event);
      known.set(script.event, before?.json === json ? before : knownPresale(script, json));
    }
    this.#known = known;
    this.#readAtMs = performance.now();
  }
}

function knownPresale(script: OpenPresale, json: string): KnownPresale {
  const sections = new Map(script.venue.sections.map((section) => [section.id, section]));
  return { script, json, keys: presaleKeys(script.event), sections, seats: seatCount(script.venue) };
}
