import type { Socket } from "node:net";
import type { Counter } from "prom-client";
import type { OpenSpan } from "../service/tracing.ts";
import type { MatchChannel } from "./channel.ts";
import { bind, boundTo, type Client } from "./client.ts";
import type { Delivery } from "./delivery.ts";
import { lastChunk } from "./frames.ts";
import type { RedisFeed } from "./redis-feed.ts";
import type { Replays } from "./replay.ts";
import { framesFor } from "./window.ts";

export interface StreamRequest {
  lastEventId: string | undefined;
  client: string | undefined;
  /** Of a sampled request; it ends with the first bytes of the stream. */
  span?: OpenSpan | undefined;
}

/**
 * What a stream begins with: the state; what was missed, from memory or from the Redis Stream; or nothing yet, since its
 * client has seen more than this edge. `gone`: the client did not wait for it.
 */
type Beginning = "snapshot" | "window" | "redis" | "ahead" | "gone";

interface StreamCounters {
  opened: Counter;
  replayed: Counter;
  resumed: Counter<"how">;
}

/** A client that is further on than this edge by at most this many events has them from another edge, and is believed. */
const believedAhead = 1000;

const nothing = Buffer.alloc(0);

/** All open streams of this edge: how one begins, how it ends. */
export class Streams {
  readonly clients = new Set<Client>();
  readonly #delivery: Delivery;
  readonly #feed: RedisFeed;
  readonly #replays: Replays;
  readonly #counters: StreamCounters;
  readonly #onClose: (this: Socket) => void;

  constructor(delivery: Delivery, feed: RedisFeed, replays: Replays, counters: StreamCounters) {
    this.#delivery = delivery;
    this.#feed = feed;
    this.#replays = replays;
    this.#counters = counters;
    const closed = (client: Client) => this.#closed(client);
    // One function for all sockets.
    this.#onClose = function onClose(this: Socket) {
      const client = boundTo(this);
      if (client) closed(client);
    };
  }

  /** Answers a request for a stream, on its bare socket. */
  open(socket: Socket, channel: MatchChannel, { lastEventId, client: id, span }: StreamRequest): void {
    const client: Client = {
      socket,
      channel,
      id: id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined,
      seq: 0,
      mode: "replaying",
      slowRounds: 0,
      place: -1,
    };
    bind(socket, client);
    this.clients.add(client);
    this.#counters.opened.inc();
    socket.on("close", this.#onClose);
    const last =
      lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined;
    const beginning = this.#begin(client, last);
    if (lastEventId === undefined && span === undefined) return;
    // Most have begun by now; whom it concerns hears of it all the same in one way.
    Promise.resolve(beginning).then((how) => {
      if (lastEventId !== undefined) this.#counters.resumed.inc({ how });
      span?.set({ stream: channel.stream, beginning: how, "http.response.status_code": 200 }).end();
    });
  }

  #begin(client: Client, last: number | undefined): Beginning | Promise<Beginning> {
    const { channel } = client;
    if (last === undefined) return this.#openFresh(client);
    if (channel.covers(last)) return this.#resume(client, last);
    if (last < channel.seq) return this.#replay(client, last);
    if (last - channel.seq <= believedAhead) return this.#wait(client, last);
    return this.#openFresh(client);
  }

  /** Ends `count` streams; clients come back, elsewhere. */
  end(count: number): void {
    for (const client of this.clients) {
      if (count-- === 0) return;
      this.#closed(client);
      client.socket.end(lastChunk);
    }
  }

  /** Joined in the turn in which the snapshot is written: nothing comes between them. */
  #openFresh(client: Client): Beginning {
    const { channel, socket } = client;
    client.seq = channel.seq;
    client.mode = "live";
    channel.audience.add(client);
    if (!socket.write(channel.openingBytes)) this.#delivery.drainFirst(client);
    return "snapshot";
  }

  #resume(client: Client, last: number): Beginning {
    this.#counters.replayed.inc();
    client.channel.audience.add(client);
    this.#delivery.open(client, client.channel.window.bytesAfter(last, client.id));
    return "window";
  }

  /** Older than the window: from the Redis Stream, and what came meanwhile from the window. */
  async #replay(client: Client, last: number): Promise<Beginning> {
    const { channel } = client;
    const upTo = channel.seq;
    const entries = await this.#replays.read(channel.stream, last, upTo);
    if (!this.clients.has(client)) return "gone";
    if (!entries || !channel.covers(upTo)) return this.#openFresh(client);
    this.#counters.replayed.inc();
    const missed = framesFor(client.id, entries);
    const since = channel.window.bytesAfter(upTo, client.id);
    channel.audience.add(client);
    this.#delivery.open(client, since.length === 0 ? missed : Buffer.concat([missed, since]));
    return "redis";
  }

  /** The client has seen what this edge has not: it is true, or the number is made up. Redis knows. */
  async #wait(client: Client, last: number): Promise<Beginning> {
    const { channel } = client;
    await this.#feed.catchUp(channel).catch(() => {});
    if (!this.clients.has(client)) return "gone";
    if (channel.covers(last)) return this.#resume(client, last);
    if (last < channel.seq || this.#feed.link.up) return this.#openFresh(client);
    // Redis is away: the client keeps what it has, and goes on from there when this edge has caught up.
    channel.audience.add(client);
    this.#delivery.open(client, nothing);
    client.seq = last;
    return "ahead";
  }

  #closed(client: Client): void {
    this.clients.delete(client);
    client.channel.audience.remove(client);
  }
}
