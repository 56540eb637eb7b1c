import type { IncomingMessage, ServerResponse } from "node:http";
import { type Client, Delivery } from "../../edge-kit/delivery.ts";
import { FanOut } from "../../edge-kit/fan-out.ts";
import { Heartbeat } from "../../edge-kit/heartbeat.ts";
import { header, sendProblem } from "../../edge-kit/public-server.ts";
import { Streams } from "../../edge-kit/streams.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { RedisAway } from "../presale/redis-away.ts";
import type { SeatChannel } from "./seat-channel.ts";
import { type KnownPresale, SeatFeed } from "./seat-feed.ts";

/** Sockets that are written to in one turn of the event loop. */
const batch = 1000;

interface SeatStreamsOptions {
  redis: Pick<RedisLink, "call" | "up">;
  metrics: ServiceMetrics;
  /** Head of every event stream. */
  head: Buffer;
  presale(event: string): KnownPresale | undefined;
  /** Whether it has ever been known which there are. */
  synced(): boolean;
}

/**
 * Streams of seats: a snapshot of all, then each change, in order and without a gap. `Last-Event-ID: n` goes on with n + 1,
 * from memory or from the Redis Stream; what is too old gets a snapshot.
 */
export class SeatStreams {
  readonly #options: SeatStreamsOptions;
  readonly #feed: SeatFeed;
  readonly #streams: Streams<SeatChannel>;
  readonly #heartbeat: Heartbeat<Client>;

  constructor(options: SeatStreamsOptions) {
    const { metrics } = options;
    this.#options = options;
    const slow = metrics.counter("seat_streams_slow_total", "Times that a client was cut over to the whole");
    const delivery = new Delivery(() => slow.inc());
    const fanOut = new FanOut(delivery, batch, {
      turns: metrics.histogram("seat_fanout_batch_duration_seconds", "One turn of writing changes of seats"),
      sweeps: metrics.histogram(
        "seat_fanout_sweep_duration_seconds",
        "From the first to the last client of a change of seats",
      ),
    });
    this.#feed = new SeatFeed({
      ...options,
      onNews: (channel) => fanOut.wake(channel),
      onGone: (channel) => this.#streams.end(Number.POSITIVE_INFINITY, channel),
    });
    this.#streams = new Streams(delivery, this.#feed, {
      opened: metrics.counter("seat_streams_opened_total", "Streams of seats that were begun"),
      replayed: metrics.counter(
        "seat_replays_total",
        "Streams that were resumed with the changes they had missed",
      ),
      resumed: metrics.counter(
        "seat_resumes_total",
        "Streams of seats with Last-Event-ID, by what they began with",
        ["how"],
      ),
    });
    metrics.gauge("seat_streams", "Open streams of seats", (gauge) => gauge.set(this.#streams.clients.size));
    const givenUp = metrics.counter("seat_streams_closed_total", "Clients that took nothing for a minute");
    this.#heartbeat = new Heartbeat(this.#streams.clients, delivery.outlet, () => givenUp.inc());
  }

  get clients(): ReadonlySet<Client> {
    return this.#streams.clients;
  }

  /** Answers a request. The response is used for a refusal alone: frames are written as they are. */
  async answer(request: IncomingMessage, response: ServerResponse, event: string): Promise<void> {
    const { presale, synced } = this.#options;
    const known = presale(event);
    if (!known) {
      if (synced()) sendProblem(response, 404, "PRESALE_UNKNOWN", "there is no presale of this event");
      else sendProblem(response, 503, "NOT_READY", "Redis was not reached yet");
      return;
    }
    if (request.httpVersion !== "1.1") {
      sendProblem(response, 505, "HTTP_VERSION", "a stream needs HTTP/1.1");
      return;
    }
    try {
      const channel = await this.#feed.channelOf(event, known);
      if (request.socket.destroyed) return;
      // A stream may be silent for as long as it likes.
      request.socket.setTimeout(0);
      this.#streams.open(request.socket, channel, { lastEventId: header(request, "last-event-id") });
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
      sendProblem(response, 503, "NOT_READY", "seats cannot be reached at the moment; ask again");
    }
  }

  /** Ends all streams; clients come back, elsewhere. */
  async stop(): Promise<void> {
    this.#heartbeat.stop();
    await this.#feed.close();
    this.#streams.end(Number.POSITIVE_INFINITY);
  }
}
