import type { StreamEvent } from "../../../common/match-day.ts";
import type { WindowEntry } from "../../edge-kit/window.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { entryId, eventField, redisNames, traceField } from "../match-data/redis-names.ts";
import { eventFrame } from "./channel.ts";

export const pageSize = 500;

export interface StoredEvent {
  event: StreamEvent;
  json: string;
  /** Of a sampled event. */
  traceparent: string | undefined;
}

/** One page of a stream's events, in order, from the Redis Stream. */
export async function readPage(
  link: RedisLink,
  stream: string,
  fromSeq: number,
  toSeq?: number,
): Promise<StoredEvent[]> {
  const entries = await link.call("xrange", (client) =>
    client.xRange(redisNames.events(stream), entryId(fromSeq), toSeq === undefined ? "+" : entryId(toSeq), {
      COUNT: pageSize,
    }),
  );
  return (entries ?? []).map(({ message }) => {
    const json = message[eventField]!;
    return { event: JSON.parse(json) as StreamEvent, json, traceparent: message[traceField] };
  });
}

/** Reads what is older than the window. Everybody who asks for the same range while it is read shares the one read. */
export class Replays {
  readonly #link: RedisLink;
  readonly #limit: number;
  readonly #reading = new Map<string, Promise<WindowEntry[] | undefined>>();

  constructor(link: RedisLink, limit: number) {
    this.#link = link;
    this.#limit = limit;
  }

  /** Events after `after` up to `upTo`; `undefined` when they are too many, trimmed, or Redis is away. */
  read(stream: string, after: number, upTo: number): Promise<WindowEntry[] | undefined> {
    if (upTo - after > this.#limit) return Promise.resolve(undefined);
    const key = `${stream} ${after} ${upTo}`;
    let reading = this.#reading.get(key);
    if (!reading) {
      reading = this.#read(stream, after, upTo)
        .catch(() => undefined)
        .finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(stream: string, after: number, upTo: number): Promise<WindowEntry[] | undefined> {
    const entries: WindowEntry[] = [];
    for (let seq = after; seq < upTo; ) {
      const page = await readPage(this.#link, stream, seq + 1, upTo);
      for (const { event, json } of page) {
        if (event.seq !== ++seq) return undefined;
        entries.push({ seq, frame: eventFrame(event, json), to: event.to });
      }
      if (page.length === 0) return undefined;
    }
    return entries;
  }
}
