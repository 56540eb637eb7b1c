import { nowUs } from "../../../common/clock.ts";
import { messageOf } from "../../../common/errors.ts";
import type { StreamEvent, StreamSnapshot } from "../../../common/match-day.ts";
import { parseTraceparent } from "../../../common/trace-context.ts";
import type { Source } from "../../edge-kit/streams.ts";
import type { WindowEntry } from "../../edge-kit/window.ts";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import { type RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import type { Tracing } from "../../service-kit/tracing.ts";
import { entryId, eventField, redisNames, seqOfEntry, splitLive } from "../match-data/redis-names.ts";
import type { MatchChannel } from "./channel.ts";
import { pageSize, Replays, readPage, type StoredEvent } from "./replay.ts";

const antiEntropyMs = 1000;

interface RedisFeedOptions {
  url: string;
  metrics: ServiceMetrics;
  tracing: Tracing;
  channels: Map<string, MatchChannel>;
  newChannel(stream: string): MatchChannel;
  /** A client that is further behind gets a snapshot. */
  replayLimit: number;
  /** A channel has something new. */
  onNews(channel: MatchChannel): void;
}

/**
 * Brings every event of every stream to this edge, each once and in order: live by pub/sub; from the Redis Stream when
 * a number is missing, after each subscription, and when a check each second finds the Stream further on.
 */
export class RedisFeed implements Source<MatchChannel> {
  readonly link: RedisLink;
  readonly #options: RedisFeedOptions;
  readonly #replays: Replays;
  readonly #catchingUp = new Map<string, { again: boolean; done: Promise<void> }>();
  readonly #timer: NodeJS.Timeout;
  #synced = false;
  #checking = false;

  constructor(options: RedisFeedOptions) {
    this.#options = options;
    this.link = new RedisLink({
      url: options.url,
      metrics: options.metrics,
      prepare: (client) => this.#subscribe(client),
    });
    this.#replays = new Replays(this.link, options.replayLimit);
    this.#timer = setInterval(() => this.#check(), antiEntropyMs).unref();
  }

  get up(): boolean {
    return this.link.up;
  }

  read(channel: MatchChannel, after: number, upTo: number): Promise<WindowEntry[] | undefined> {
    return this.#replays.read(channel.name, after, upTo);
  }

  /** Whether this edge has ever known what there is. */
  get synced(): boolean {
    return this.#synced;
  }

  start(): void {
    this.link.start();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.link.close();
  }

  /** Reads what the Stream has beyond this edge; one read at a time for each channel. Rejects when Redis is away. */
  catchUp(channel: MatchChannel): Promise<void> {
    const running = this.#catchingUp.get(channel.name);
    if (running) {
      running.again = true;
      return running.done;
    }
    const turn = { again: true, done: Promise.resolve() };
    turn.done = (async () => {
      try {
        while (turn.again) {
          turn.again = false;
          await this.#readOn(channel);
        }
      } finally {
        this.#catchingUp.delete(channel.name);
      }
    })();
    this.#catchingUp.set(channel.name, turn);
    return turn.done;
  }

  async #subscribe(client: RedisClient): Promise<void> {
    await this.link.call("subscribe", async () => {
      await client.pSubscribe(redisNames.livePattern, (message) => this.#onLive(message));
      await client.subscribe(redisNames.announce, (stream) => this.#channel(stream));
    });
    await this.#sync();
    this.#synced = true;
  }

  #channel(stream: string): MatchChannel {
    const { channels, newChannel } = this.#options;
    let channel = channels.get(stream);
    if (!channel) {
      channel = newChannel(stream);
      channels.set(stream, channel);
    }
    return channel;
  }

  #onLive(message: string): void {
    const { json, traceparent } = splitLive(message);
    const event = parseEvent(json);
    if (!event) {
      log("a message that is no event", { json: json.slice(0, 200) });
      return;
    }
    const channel = this.#channel(event.stream);
    const outcome = this.#apply(channel, { event, json, traceparent }, "pubsub");
    if (outcome === "applied") this.#options.onNews(channel);
    // The link says itself when Redis goes, and catches up when it returns.
    if (outcome === "gap") this.catchUp(channel).catch(() => {});
  }

  /** One that is sampled leaves a span: from its arrival until it is here, before any client gets it. */
  #apply(
    channel: MatchChannel,
    { event, json, traceparent }: StoredEvent,
    via: "pubsub" | "stream",
  ): ReturnType<MatchChannel["apply"]> {
    if (traceparent === undefined) return channel.apply(event, json);
    const startUs = nowUs();
    const outcome = channel.apply(event, json);
    const parent = parseTraceparent(traceparent);
    if (outcome === "applied" && parent?.sampled) {
      const { stream, seq, class: eventClass, publishedAtUs } = event;
      const ageMs = Math.round((startUs - publishedAtUs) / 10) / 100;
      const attributes = { stream, seq, class: eventClass, clients: channel.audience.size, via, ageMs };
      this.#options.tracing.start("receive", { kind: "consumer", parent, startUs, attributes }).end();
    }
    return outcome;
  }

  /** Compares what there is with what is here, and reads what is missing. */
  async #sync(): Promise<void> {
    const streams = await this.link.call("streams", (client) => client.sMembers(redisNames.streams));
    for (const stream of streams) {
      const channel = this.#channel(stream);
      const last = await this.link.call("last", (client) =>
        client.xRevRange(redisNames.events(stream), "+", "-", { COUNT: 1 }),
      );
      if (last?.[0] && seqOfEntry(last[0].id) > channel.seq) await this.catchUp(channel);
    }
  }

  async #check(): Promise<void> {
    if (!this.link.up || this.#checking) return;
    this.#checking = true;
    try {
      await this.#sync();
    } catch (error) {
      if (this.link.up) log("redis check failed", { reason: messageOf(error) });
    } finally {
      this.#checking = false;
    }
  }

  async #readOn(channel: MatchChannel): Promise<void> {
    if (channel.seq === 0) await this.#begin(channel);
    for (;;) {
      const page = await readPage(this.link, channel.name, channel.seq + 1);
      for (const stored of page) {
        if (this.#apply(channel, stored, "stream") === "gap") {
          // Trimmed away in the meantime: the state is all that is left of it.
          await this.#reset(channel);
          break;
        }
      }
      if (page.length > 0) this.#options.onNews(channel);
      if (page.length < pageSize) return;
    }
  }

  /** A channel that knows nothing: the newest state, and the events before it for those who resume. */
  async #begin(channel: MatchChannel): Promise<void> {
    if (!(await this.#reset(channel))) return;
    const { name: stream, seq } = channel;
    const entries = await this.link.call("xrevrange", (client) =>
      client.xRevRange(redisNames.events(stream), entryId(seq), "-", { COUNT: channel.window.capacity }),
    );
    // A live event may have come meanwhile; then the window has begun, and older events are read when they are asked for.
    if (channel.seq !== seq) return;
    const stored = (entries ?? []).toReversed().map(({ message }) => {
      const json = message[eventField]!;
      return { event: JSON.parse(json) as StreamEvent, json };
    });
    channel.prefill(stored);
  }

  async #reset(channel: MatchChannel): Promise<boolean> {
    const json = await this.link.call("snapshot", (client) => client.get(redisNames.snapshot(channel.name)));
    if (json === null) return false;
    const snapshot = JSON.parse(json) as StreamSnapshot;
    if (snapshot.seq <= channel.seq) return false;
    channel.reset(snapshot);
    this.#options.onNews(channel);
    return true;
  }
}

function parseEvent(json: string): StreamEvent | undefined {
  try {
    const event = JSON.parse(json) as Partial<StreamEvent> | null;
    return Number.isSafeInteger(event?.seq) && typeof event?.stream === "string" && event.event
      ? (event as StreamEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
