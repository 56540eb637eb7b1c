import type { Socket } from "node:net";
import { setImmediate as nextRound } from "node:timers/promises";
import { nowUs } from "../../../common/clock.ts";
import type { ClientMode } from "../edge/client.ts";
import { chunk } from "../edge/frames.ts";
import { EventWindow } from "../edge/window.ts";
import { deltasPage, readDeltas, type SeatDelta } from "../presale/deltas.ts";
import { askRedis } from "../presale/redis-away.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import type { RedisClient, RedisLink } from "../service/redis-link.ts";
import { SeatMap } from "./seat-map.ts";

/** One open stream of seats. */
export interface SeatClient {
  readonly socket: Socket;
  readonly channel: SeatChannel;
  /** The last delta that was written to it, or that its snapshot held. */
  seq: number;
  mode: ClientMode;
  slowRounds: number;
}

/** What a client is owed, up to a number. */
export interface Missed {
  bytes: Buffer;
  upTo: number;
}

/** Deltas in memory; a client that is further behind is resumed from Redis. */
const windowDeltas = 2000;
/** Sockets that are written to in one turn of the event loop. */
const batch = 1000;

interface SeatChannelOptions {
  redis: Pick<RedisLink, "call">;
  presale: OpenPresale;
  write(client: SeatClient, bytes: Buffer): void;
}

/** The seats of one presale, as this edge knows them, and who hears of them. */
export class SeatChannel {
  readonly presale: OpenPresale;
  readonly clients = new Set<SeatClient>();
  readonly #redis: Pick<RedisLink, "call">;
  readonly #write: SeatChannelOptions["write"];
  readonly #window = new EventWindow(windowDeltas);
  #map: SeatMap;
  #snapshot: Buffer | undefined;
  /** For the heartbeat. */
  spokeAtMs = Number.NEGATIVE_INFINITY;
  #following: Promise<void> | undefined;

  private constructor({ redis, presale, write }: SeatChannelOptions, map: SeatMap) {
    this.presale = presale;
    this.#redis = redis;
    this.#write = write;
    this.#map = map;
  }

  /** @throws RedisAway */
  static async load(options: SeatChannelOptions): Promise<SeatChannel> {
    return new SeatChannel(options, await loadMap(options));
  }

  get seq(): number {
    return this.#map.seq;
  }

  get snapshotBytes(): Buffer {
    const { seq } = this.#map;
    this.#snapshot ??= chunk(`id: ${seq}\nevent: snapshot\ndata: ${this.#map.snapshot()}\n\n`);
    return this.#snapshot;
  }

  /** What a client is owed that has seen `after`; `undefined` when it is not in memory. */
  bytesAfter(after: number): Buffer | undefined {
    if (after === this.seq) return Buffer.alloc(0);
    const from = this.#window.resumesFrom;
    if (from === undefined || after < from || after > this.seq) return undefined;
    return this.#window.bytesAfter(after, undefined);
  }

  /** Takes in what has changed since, and tells it to everybody. Those who ask meanwhile share it. Throws RedisAway. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  /**
   * From memory, else from the Redis Stream, at most `limit` deltas; `undefined`: a snapshot is less.
   * @throws RedisAway
   */
  async missedAfter(after: number, limit: number): Promise<Missed | undefined> {
    const known = this.bytesAfter(after);
    if (known) return { bytes: known, upTo: this.seq };
    if (after > this.seq || this.seq - after > limit) return undefined;
    const frames: Buffer[] = [];
    for (let seq = after; ; ) {
      const deltas = await readDeltas(this.#redis, this.presale.event, seq);
      for (const delta of deltas) {
        // Trimmed.
        if (delta.seq !== seq + 1) return undefined;
        seq = delta.seq;
        frames.push(frameOf(delta));
        // Up to where the memory begins, and whatever has come meanwhile from there.
        const rest = this.bytesAfter(seq);
        if (rest) return { bytes: Buffer.concat([...frames, rest]), upTo: this.seq };
      }
      if (deltas.length === 0) return undefined;
    }
  }

  async #follow(): Promise<void> {
    for (;;) {
      const before = this.seq;
      const deltas = await readDeltas(this.#redis, this.presale.event, before);
      const [first] = deltas;
      if (!first) return;
      if (first.seq !== before + 1) {
        await this.#reload();
        return;
      }
      const frames = deltas.map((delta) => this.#take(delta));
      await this.#tell(before, Buffer.concat(frames));
      if (deltas.length < deltasPage) return;
    }
  }

  #take(delta: SeatDelta): Buffer {
    const frame = frameOf(delta);
    this.#map.apply(delta);
    this.#snapshot = undefined;
    this.#window.push({ seq: delta.seq, frame, to: undefined });
    return frame;
  }

  async #tell(before: number, bytes: Buffer): Promise<void> {
    const { seq } = this;
    let written = 0;
    this.spokeAtMs = performance.now();
    for (const client of this.clients) {
      // Slow ones are told when they have taken what they have; others joined further on.
      if (client.mode !== "live" || client.seq !== before) continue;
      client.seq = seq;
      this.#write(client, bytes);
      if (++written % batch === 0) await nextRound();
    }
  }

  /** What lies between is gone: everybody gets the whole. */
  async #reload(): Promise<void> {
    this.#map = await loadMap({ redis: this.#redis, presale: this.presale });
    this.#snapshot = undefined;
    this.#window.clear();
    for (const client of this.clients) {
      if (client.mode !== "live") continue;
      client.seq = this.seq;
      this.#write(client, this.snapshotBytes);
    }
  }
}

function frameOf({ seq, state, seats, atUs }: SeatDelta): Buffer {
  return chunk(`id: ${seq}\nevent: seats\ndata: ${JSON.stringify({ state, seats, atUs })}\n\n`);
}

/** The free seats and the number of the last delta, of one instant. */
async function loadMap({ redis, presale }: Pick<SeatChannelOptions, "redis" | "presale">): Promise<SeatMap> {
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
