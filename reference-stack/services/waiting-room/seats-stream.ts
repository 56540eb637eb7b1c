import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { lastChunk } from "../edge/frames.ts";
import { Heartbeat } from "../edge/heartbeat.ts";
import { header, sendProblem } from "../edge/public-server.ts";
import { RedisAway, unlessAway } from "../presale/redis-away.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { every } from "../service/every.ts";
import type { ServiceMetrics } from "../service/metrics.ts";
import type { RedisLink } from "../service/redis-link.ts";
import { type Missed, SeatChannel, type SeatClient } from "./seat-channel.ts";

/** Deltas are told together: at 500 holds a second each client gets 20 writes of them, and not 500. */
const tickMs = 50;
/** A client that is further behind gets a snapshot: that is less. */
const replayLimit = 10_000;

interface SeatStreamsOptions {
  redis: Pick<RedisLink, "call">;
  metrics: ServiceMetrics;
  /** Head of every event stream. */
  head: Buffer;
  /** Presales that are known; `json` tells one from another of the same event. */
  presale(event: string): { presale: OpenPresale; json: string } | undefined;
  /** Whether it has ever been known which there are. */
  synced(): boolean;
}

/**
 * Streams of seats: a snapshot of all, then each change, in order and without a gap. `Last-Event-ID: n` goes on with n + 1,
 * from memory or from the Redis Stream; what is too old gets a snapshot. Opened by the first who asks.
 */
export class SeatStreams {
  readonly clients = new Set<SeatClient>();
  readonly #options: SeatStreamsOptions;
  readonly #channels = new Map<string, { json: string; channel: Promise<SeatChannel> }>();
  readonly #opened;
  readonly #cutOvers;
  readonly #heartbeat: Heartbeat<SeatClient>;
  readonly #stopFollowing: () => Promise<void>;

  constructor(options: SeatStreamsOptions) {
    const { metrics } = options;
    this.#options = options;
    metrics.gauge("seat_streams", "Open streams of seats", (gauge) => gauge.set(this.clients.size));
    this.#opened = metrics.counter("seat_streams_opened_total", "Streams of seats, by what they began with", [
      "how",
    ]);
    this.#cutOvers = metrics.counter(
      "seat_streams_slow_total",
      "Times that a client had more waiting than it takes: it goes on later, from there or with the whole",
    );
    const givenUp = metrics.counter("seat_streams_closed_total", "Clients that took nothing for a minute");
    this.#heartbeat = new Heartbeat(
      this.clients,
      { write: (client, bytes) => this.#write(client, bytes) },
      () => givenUp.inc(),
    );
    this.#stopFollowing = every(tickMs, "following seats", () => this.#follow());
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
      const channel = await this.#channelOf(event, known);
      const lastEventId = header(request, "last-event-id");
      const last = /^\d{1,15}$/.test(lastEventId ?? "") ? Number(lastEventId) : undefined;
      const missed = last === undefined ? undefined : await this.#missed(channel, last);
      if (request.socket.destroyed) return;
      // A stream may be silent for as long as it likes.
      request.socket.setTimeout(0);
      this.#begin(request.socket, channel, missed);
      this.#opened.inc({ how: missed ? "resumed" : "snapshot" });
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
      sendProblem(response, 503, "NOT_READY", "seats cannot be reached at the moment; ask again");
    }
  }

  /** Ends all streams; clients come back, elsewhere. */
  async stop(): Promise<void> {
    this.#heartbeat.stop();
    await this.#stopFollowing();
    for (const client of this.clients) client.socket.end(lastChunk);
  }

  #channelOf(event: string, { presale, json }: { presale: OpenPresale; json: string }): Promise<SeatChannel> {
    const before = this.#channels.get(event);
    if (before?.json === json) return before.channel;
    const { redis } = this.#options;
    const channel = SeatChannel.load({
      redis,
      presale,
      write: (client, bytes) => this.#write(client, bytes),
    });
    const entry = { json, channel };
    this.#channels.set(event, entry);
    channel.catch(() => {
      if (this.#channels.get(event) === entry) this.#channels.delete(event);
    });
    return channel;
  }

  async #missed(channel: SeatChannel, last: number): Promise<Missed | undefined> {
    // It has seen what this edge has not: it comes from another edge, or the number is made up. Redis knows.
    if (last > channel.seq) await channel.follow();
    return channel.missedAfter(last, replayLimit);
  }

  #begin(socket: Socket, channel: SeatChannel, missed: Missed | undefined): void {
    const client: SeatClient = { socket, channel, seq: channel.seq, mode: "live", slowRounds: 0 };
    this.clients.add(client);
    channel.clients.add(client);
    socket.on("close", () => {
      this.clients.delete(client);
      channel.clients.delete(client);
    });
    socket.cork();
    socket.write(this.#options.head);
    // The channel may have gone on since that was read.
    const rest = missed && channel.bytesAfter(missed.upTo);
    if (missed && rest) socket.write(missed.bytes);
    this.#write(client, rest ?? channel.snapshotBytes);
    socket.uncork();
  }

  #write(client: SeatClient, bytes: Buffer): void {
    if (bytes.length === 0 || client.socket.write(bytes)) return;
    client.mode = "slow";
    this.#cutOvers.inc();
    client.socket.once("drain", () => this.#drained(client));
  }

  /** It has taken what it had: on with what it missed, or with the whole where that is not in memory. */
  #drained(client: SeatClient): void {
    const { channel, socket } = client;
    if (socket.destroyed) return;
    client.mode = "live";
    client.slowRounds = 0;
    const missed = channel.bytesAfter(client.seq) ?? channel.snapshotBytes;
    client.seq = channel.seq;
    this.#write(client, missed);
  }

  async #follow(): Promise<void> {
    for (const [event, { json, channel }] of this.#channels) {
      const loaded = await channel.catch(() => undefined);
      if (!loaded) continue;
      if (this.#options.presale(event)?.json !== json) {
        this.#channels.delete(event);
        for (const client of loaded.clients) client.socket.end(lastChunk);
        continue;
      }
      await unlessAway(loaded.follow());
    }
  }
}
