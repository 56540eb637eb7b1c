import { messageOf } from "../../../common/errors.ts";
import type { StreamEvent } from "../../../common/match-day.ts";
import { Backoff } from "../../service-kit/backoff.ts";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import { RedisLink } from "../../service-kit/redis-link.ts";
import {
  entryId,
  eventField,
  liveMessage,
  redisNames,
  seqOfEntry,
  traceField,
} from "../match-data/redis-names.ts";
import { StreamFold } from "../match-data/stream-fold.ts";
import type { EventStore } from "./event-store.ts";
import type { TakenEvent } from "./intake.ts";

const batchSize = 200;
/** Appended events that are kept at hand for each stream; older ones come from the table. */
const recentLimit = 1000;

interface Outbox {
  /** The last number that is in the table. */
  appended: number;
  /** The last number that Redis has; unknown after each connection, since Redis may have lost or kept anything. */
  published: number | undefined;
  recent: TakenEvent[];
  fold: StreamFold;
}

/**
 * Takes events from the table to Redis, stream by stream. Redis' own last entry says where to go on, so that nothing
 * is lost or published twice, whatever happened on the way; a Redis that lost its data is filled again.
 */
export class Publisher {
  readonly #store: EventStore;
  readonly #link: RedisLink;
  readonly #retain: number;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #closing = new AbortController();
  #announced = false;
  #wake = Promise.withResolvers<void>();
  #ended: Promise<void> | undefined;

  constructor({
    store,
    redisUrl,
    retain,
    metrics,
  }: {
    store: EventStore;
    redisUrl: string;
    /** Entries that a Redis Stream keeps at least. */
    retain: number;
    metrics: ServiceMetrics;
  }) {
    this.#store = store;
    this.#retain = retain;
    this.#link = new RedisLink({
      url: redisUrl,
      metrics,
      onUp: () => {
        for (const outbox of this.#outboxes.values()) outbox.published = undefined;
        this.#announced = false;
        this.#wake.resolve();
      },
    });
    metrics.streamSeqs("The last event that Redis has taken", () =>
      [...this.#outboxes].map(([stream, { published, fold }]) => [stream, published ?? fold.seq]),
    );
    metrics.gauge("outbox_events", "Events in the table that Redis has not taken yet", (gauge) =>
      gauge.set(this.waiting),
    );
  }

  get up(): boolean {
    return this.#link.up;
  }

  get waiting(): number {
    return [...this.#outboxes.values()].reduce(
      (sum, { appended, published, fold }) => sum + Math.max(0, appended - (published ?? fold.seq)),
      0,
    );
  }

  start(): void {
    this.#link.start();
    this.#ended ??= this.#run();
  }

  addStreams(streams: Iterable<string>): void {
    for (const stream of streams) this.#outboxOf(stream);
    this.#announced = false;
    this.#wake.resolve();
  }

  /** Says up to where the table holds a stream, without the events. */
  standsAt(stream: string, seq: number): void {
    this.#outboxOf(stream).appended = seq;
    this.#wake.resolve();
  }

  /** Events that are in the table now, each stream's in order. */
  appended(events: TakenEvent[]): void {
    for (const event of events) {
      const outbox = this.#outboxOf(event.stream);
      outbox.appended = event.seq;
      outbox.recent.push(event);
      if (outbox.recent.length > 2 * recentLimit) outbox.recent.splice(0, recentLimit);
    }
    this.#wake.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.resolve();
    await this.#ended;
    await this.#link.close();
  }

  #outboxOf(stream: string): Outbox {
    let outbox = this.#outboxes.get(stream);
    if (!outbox) {
      outbox = { appended: 0, published: undefined, recent: [], fold: new StreamFold(stream) };
      this.#outboxes.set(stream, outbox);
      this.#announced = false;
    }
    return outbox;
  }

  get #idle(): boolean {
    if (!this.#link.up) return true;
    return (
      this.#announced &&
      [...this.#outboxes.values()].every(({ appended, published }) => published === appended)
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: 20, mostMs: 250 });
    while (!signal.aborted || !this.#idle) {
      if (this.#idle) {
        this.#wake = Promise.withResolvers();
        await this.#wake.promise;
        continue;
      }
      try {
        if (!this.#announced) await this.#announce();
        for (const [stream, outbox] of this.#outboxes) await this.#publish(stream, outbox);
        backoff.reset();
      } catch (error) {
        // The link says itself when Redis goes; anything else is worth a line.
        if (this.#link.up) log("publishing failed", { reason: messageOf(error) });
        for (const outbox of this.#outboxes.values()) outbox.published = undefined;
        if (signal.aborted) return;
        await backoff.wait(signal);
      }
    }
  }

  async #announce(): Promise<void> {
    const streams = [...this.#outboxes.keys()];
    if (streams.length > 0) {
      await this.#link.call("announce", (client) => {
        const multi = client.multi().sAdd(redisNames.streams, streams);
        for (const stream of streams) multi.publish(redisNames.announce, stream);
        return multi.exec();
      });
    }
    this.#announced = streams.length === this.#outboxes.size;
  }

  async #publish(stream: string, outbox: Outbox): Promise<void> {
    if (outbox.published === undefined) {
      const last = await this.#lastInRedis(stream);
      outbox.published = last;
      // Taken by Redis, though its answer was lost.
      for (const { seq, trace } of outbox.recent) if (seq <= last) trace?.published();
    }
    if (outbox.fold.seq !== outbox.published) await this.#foldUpTo(stream, outbox, outbox.published);
    while (outbox.published < outbox.appended) {
      const events = await this.#next(stream, outbox, outbox.published);
      const published: StreamEvent[] = events.map((event) => ({
        v: 1,
        stream,
        seq: event.seq,
        class: event.class,
        sourceAtUs: event.sourceAtUs,
        publishedAtUs: event.publishedAtUs,
        event: event.event as StreamEvent["event"],
      }));
      const traceparents = events.map(({ trace }) => trace?.publishing());
      for (const event of published) outbox.fold.apply(event);
      await this.#link.call("publish", (client) => {
        const multi = client.multi();
        for (const [index, event] of published.entries()) {
          const json = JSON.stringify(event);
          const traceparent = traceparents[index];
          multi.xAdd(
            redisNames.events(stream),
            entryId(event.seq),
            { [eventField]: json, ...(traceparent === undefined ? {} : { [traceField]: traceparent }) },
            { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: this.#retain } },
          );
          multi.publish(redisNames.live(stream), liveMessage(json, traceparent));
        }
        multi.set(redisNames.snapshot(stream), JSON.stringify(outbox.fold.snapshot()));
        return multi.exec();
      });
      outbox.published = published.at(-1)!.seq;
      for (const { trace } of events) trace?.published(events.length);
    }
  }

  async #lastInRedis(stream: string): Promise<number> {
    const last = await this.#link.call("last", (client) =>
      client.xRevRange(redisNames.events(stream), "+", "-", { COUNT: 1 }),
    );
    return last?.[0] ? seqOfEntry(last[0].id) : 0;
  }

  /** The events after `seq`: from memory where they follow on, else from the table. */
  async #next(stream: string, outbox: Outbox, seq: number): Promise<TakenEvent[]> {
    const first = outbox.recent[0]?.seq ?? Number.POSITIVE_INFINITY;
    if (first <= seq + 1) return outbox.recent.slice(seq + 1 - first, seq + 1 - first + batchSize);
    const events = await this.#store.after(stream, seq, batchSize);
    if (events.length === 0) throw new Error(`${stream}: events after ${seq} are not in the table`);
    return events;
  }

  /** The state as of what Redis has: this process may be younger than the stream, or Redis older. */
  async #foldUpTo(stream: string, outbox: Outbox, seq: number): Promise<void> {
    const fold = new StreamFold(stream);
    while (fold.seq < seq) {
      const events = await this.#store.after(stream, fold.seq, Math.min(5000, seq - fold.seq));
      if (events.length === 0)
        throw new Error(`${stream}: Redis has entries up to ${seq}, the table has not`);
      for (const event of events) fold.apply({ v: 1, ...event, event: event.event as StreamEvent["event"] });
    }
    outbox.fold = fold;
  }
}
