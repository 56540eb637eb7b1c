import { nowUs } from "../../../common/clock.ts";
import type { Source } from "../../edge-kit/streams.ts";
import type { WindowEntry } from "../../edge-kit/window.ts";
import { every } from "../../service-kit/every.ts";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { deltasPage, readDeltas } from "../presale/deltas.ts";
import { askRedis, unlessAway } from "../presale/redis-away.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { entryOf, SeatChannel } from "./seat-channel.ts";
import { SeatMap } from "./seat-map.ts";

/** Deltas are told together: at 500 holds a second each client gets 20 writes of them, and not 500. */
const tickMs = 50;
/** A client that is further behind gets a snapshot: that is less. */
const replayLimit = 10_000;

/** A presale that is known; `json` tells one from another of the same event. */
export interface KnownPresale {
  presale: OpenPresale;
  json: string;
}

interface SeatFeedOptions {
  redis: Pick<RedisLink, "call" | "up">;
  /** Head of every event stream. */
  head: Buffer;
  presale(event: string): KnownPresale | undefined;
  onNews(channel: SeatChannel): void;
  /** Its presale is over, or is another. */
  onGone(channel: SeatChannel): void;
}

/** Brings each change of seats to this edge, in order and without a gap. A presale is followed from when somebody asks for it. */
export class SeatFeed implements Source<SeatChannel> {
  readonly #options: SeatFeedOptions;
  readonly #channels = new Map<string, { json: string; channel: Promise<SeatChannel> }>();
  readonly #following = new Map<SeatChannel, Promise<void>>();
  readonly #stopFollowing: () => Promise<void>;

  constructor(options: SeatFeedOptions) {
    this.#options = options;
    this.#stopFollowing = every(tickMs, "following seats", () => this.#followAll());
  }

  get up(): boolean {
    return this.#options.redis.up;
  }

  async close(): Promise<void> {
    await this.#stopFollowing();
  }

  /** @throws RedisAway */
  channelOf(event: string, { presale, json }: KnownPresale): Promise<SeatChannel> {
    const before = this.#channels.get(event);
    if (before?.json === json) return before.channel;
    const { redis, head } = this.#options;
    const channel = loadMap(redis, presale).then((map) => new SeatChannel(presale, head, map));
    const entry = { json, channel };
    this.#channels.set(event, entry);
    channel.catch(() => {
      if (this.#channels.get(event) === entry) this.#channels.delete(event);
    });
    return channel;
  }

  /** Those who ask while it is read share it. Throws RedisAway. */
  catchUp(channel: SeatChannel): Promise<void> {
    let following = this.#following.get(channel);
    if (!following) {
      following = this.#follow(channel).finally(() => this.#following.delete(channel));
      this.#following.set(channel, following);
    }
    return following;
  }

  async read(channel: SeatChannel, after: number, upTo: number): Promise<WindowEntry[] | undefined> {
    if (upTo - after > replayLimit) return undefined;
    const entries: WindowEntry[] = [];
    for (let seq = after; seq < upTo; ) {
      const deltas = await unlessAway(readDeltas(this.#options.redis, channel.name, seq));
      if (deltas === "away" || deltas.length === 0) return undefined;
      for (const delta of deltas) {
        // Trimmed.
        if (delta.seq !== seq + 1) return undefined;
        if (delta.seq > upTo) break;
        seq = delta.seq;
        entries.push(entryOf(delta));
        if (seq === upTo) break;
      }
    }
    return entries;
  }

  async #follow(channel: SeatChannel): Promise<void> {
    const { redis, onNews } = this.#options;
    for (;;) {
      const deltas = await readDeltas(redis, channel.name, channel.seq);
      const [first] = deltas;
      if (!first) return;
      if (first.seq === channel.seq + 1) for (const delta of deltas) channel.take(delta);
      else channel.reset(await loadMap(redis, channel.presale));
      onNews(channel);
      if (deltas.length < deltasPage) return;
    }
  }

  async #followAll(): Promise<void> {
    for (const [event, { json, channel }] of this.#channels) {
      const loaded = await channel.catch(() => undefined);
      if (!loaded) continue;
      if (this.#options.presale(event)?.json !== json) {
        this.#channels.delete(event);
        this.#options.onGone(loaded);
        continue;
      }
      await unlessAway(this.catchUp(loaded));
    }
  }
}

/** The free seats and the number of the last delta, of one instant. Throws RedisAway. */
async function loadMap(redis: Pick<RedisLink, "call">, presale: OpenPresale): Promise<SeatMap> {
  const keys = presaleKeys(presale.event);
  const asOfUs = nowUs();
  const load = async (client: RedisClient) => {
    const asked = client.multi().xRevRange(keys.deltas, "+", "-", { COUNT: 1 });
    for (const { id } of presale.venue.sections) asked.sMembers(keys.free(id));
    return asked.exec();
  };
  const [newest, ...free] = (await askRedis(redis, "seats_load", load)) as unknown as [
    { id: string }[] | null,
    ...string[][],
  ];
  const last = newest?.[0]?.id;
  const seq = last === undefined ? 0 : Number(last.slice(last.indexOf("-") + 1));
  const map = new SeatMap(presale.venue, { seq, asOfUs });
  for (const seats of free) map.free(seats);
  return map;
}
