import { nowUs } from "../../../common/clock.ts";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import { buyerTaken, isSameSecret, type Refusal } from "./asks.ts";
import { type AskPlaces, askRedis, type Opening, type Place } from "./openings.ts";
import type { Room } from "./room.ts";

/** Places this near to the front are in Redis; those behind them are in the memory of their edge. */
const front = 500;

interface Kept extends Place {
  room: Room;
  buyer: string;
  secretHash: string;
}

/**
 * The defect `queue-amnesia`: to spare Redis, an edge keeps the back of the queue to itself, and hands a place over when
 * its turn is near. It does well, until it restarts.
 */
export class Amnesia {
  readonly #kept = new Map<string, Kept>();
  readonly #timer: NodeJS.Timeout;

  constructor(link: RedisLink) {
    this.#timer = setInterval(() => {
      if (link.up) link.call("hand_over", (client) => this.#handOver(client)).catch(() => {});
    }, 100).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  readonly ask: AskPlaces = async (client, room, openings) => {
    const { next } = presaleKeys(room.presale.event);
    if (Number(await client.get(next)) - room.head < front) return askRedis(client, room, openings);
    const last = await client.incrBy(next, openings.length);
    return openings.map((opening, index) => this.#place(opening, last - openings.length + 1 + index));
  };

  #place({ waiter: { room, buyer }, secretHash, claimed }: Opening, ordinal: number): Place | Refusal {
    const kept = this.#kept.get(buyer);
    if (kept?.room === room) {
      return claimed > 0 || isSameSecret(kept.secretHash, secretHash) ? kept : buyerTaken;
    }
    if (claimed > 0) return { ordinal: claimed, joinedAtUs: 0, untilUs: 0 };
    const place = { room, buyer, secretHash, ordinal, joinedAtUs: nowUs(), untilUs: 0 };
    this.#kept.set(buyer, place);
    return place;
  }

  async #handOver(client: RedisClient): Promise<void> {
    const near = [...this.#kept.values()].filter(({ room, ordinal }) => ordinal <= room.head + front);
    if (near.length === 0) return;
    const multi = client.multi();
    for (const { room, buyer, secretHash, ordinal, joinedAtUs } of near) {
      const { queue, places } = presaleKeys(room.presale.event);
      multi.zAdd(queue, { score: joinedAtUs, value: buyer });
      multi.hSet(places, buyer, `${ordinal}:${joinedAtUs}:${secretHash}`);
    }
    await multi.exec();
    for (const { buyer } of near) this.#kept.delete(buyer);
  }
}
