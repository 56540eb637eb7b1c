import { newRedisClient, type RedisClient } from "../../service-kit/redis-link.ts";
import { within } from "../../service-kit/within.ts";
import { redisNames } from "../match-data/redis-names.ts";
import { figuresOfInfo, type RedisFigure } from "./figures.ts";

/** A scrape has a second. */
export const answerWithinMs = 500;

/** Streams whose length is asked for at most: there are as many as matches. */
const streamLimit = 100;

/** Asks Redis; a connection that fails is given up, and the next question makes another. */
export class RedisSource {
  readonly #url: string;
  #client: RedisClient | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error when Redis does not answer within half a second */
  async ask(): Promise<Partial<Record<RedisFigure, number>>> {
    this.#client ??= newRedisClient(this.#url).on("error", () => {});
    try {
      return await within(read(this.#client), answerWithinMs, `no answer within ${answerWithinMs} ms`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#client?.destroy();
    this.#client = undefined;
  }
}

async function read(client: RedisClient): Promise<Partial<Record<RedisFigure, number>>> {
  if (!client.isOpen) await client.connect();
  const [info, subscribed, streams] = await Promise.all([
    client.info(),
    client.sendCommand<string>(["CLIENT", "LIST", "TYPE", "pubsub"]),
    client.sMembers(redisNames.streams),
  ]);
  const lengths = await Promise.all(
    streams.slice(0, streamLimit).map((stream) => client.xLen(redisNames.events(stream))),
  );
  return {
    ...figuresOfInfo(info),
    pubsub_clients: subscribed.split("\n").filter(Boolean).length,
    stream_entries: lengths.reduce((sum, length) => sum + length, 0),
  };
}
