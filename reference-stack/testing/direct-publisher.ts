import { nowUs } from "../../common/clock.ts";
import type { StreamEvent } from "../../common/match-day.ts";
import { newRedisClient, type RedisClient } from "../service-kit/redis-link.ts";
import { entryId, eventField, redisNames } from "../services/match-data/redis-names.ts";
import { StreamFold } from "../services/match-data/stream-fold.ts";
import type { TestStack } from "./stack.ts";

/** Publishes events of its own choice to the stack's Redis, as `scores` does. */
export class DirectPublisher implements AsyncDisposable {
  readonly stream: string;
  readonly #client: RedisClient;
  readonly #fold: StreamFold;

  private constructor(client: RedisClient, stream: string) {
    this.#client = client;
    this.stream = stream;
    this.#fold = new StreamFold(stream);
  }

  static async start({ stack, toxiproxy }: TestStack, match: string): Promise<DirectPublisher> {
    const leg = (await toxiproxy.list()).get("edge-1.redis")!;
    const client = newRedisClient(`redis://:${stack.secrets.redis}@${leg.upstream}`);
    client.on("error", () => {});
    await client.connect();
    const stream = `match:${match}`;
    await client.multi().sAdd(redisNames.streams, stream).publish(redisNames.announce, stream).exec();
    return new DirectPublisher(client, stream);
  }

  get seq(): number {
    return this.#fold.seq;
  }

  /** Publishes `count` corrections; `reason` makes them as large as is wanted. */
  async publish(
    count: number,
    { reason = "checked", to }: { reason?: string; to?: number } = {},
  ): Promise<void> {
    const multi = this.#client.multi();
    for (let index = 0; index < count; index++) {
      const seq = this.#fold.seq + 1;
      const event: StreamEvent = {
        v: 1,
        stream: this.stream,
        seq,
        class: "correction",
        sourceAtUs: nowUs(),
        publishedAtUs: nowUs(),
        ...(to === undefined ? {} : { to }),
        event: { type: "RETRACT", factId: "g1", version: 1, reason },
      };
      const json = JSON.stringify(event);
      multi.xAdd(redisNames.events(this.stream), entryId(seq), { [eventField]: json });
      multi.publish(redisNames.live(this.stream), json);
      this.#fold.apply(event);
    }
    multi.set(redisNames.snapshot(this.stream), JSON.stringify(this.#fold.snapshot()));
    await multi.exec();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
