import type { Socket } from "node:net";
import type { Counter } from "prom-client";
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
  readonly #counters: { opened: Counter; replayed: Counter };
  readonly #onClose: (this: Socket) => void;

  constructor(
    delivery: Delivery,
    feed: RedisFeed,
    replays: Replays,
    counters: { opened: Counter; replayed: Counter },
  ) {
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
  open(socket: Socket, channel: MatchChannel, { lastEventId, client: id }: StreamRequest): void {
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
    if (last === undefined) this.#openFresh(client);
    else if (channel.covers(last)) this.#resume(client, last);
    else if (last < channel.seq) this.#replay(client, last);
    else if (last - channel.seq <= believedAhead) this.#wait(client, last);
    else this.#openFresh(client);
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
  #openFresh(client: Client): void {
    const { channel, socket } = client;
    client.seq = channel.seq;
    client.mode = "live";
    channel.audience.add(client);
    if (!socket.write(channel.openingBytes)) this.#delivery.drainFirst(client);
  }

  #resume(client: Client, last: number): void {
    this.#counters.replayed.inc();
    client.channel.audience.add(client);
    this.#delivery.open(client, client.channel.window.bytesAfter(last, client.id));
  }

  /** Older than the window: from the Redis Stream, and what came meanwhile from the window. */
  async #replay(client: Client, last: number): Promise<void> {
    const { channel } = client;
    const upTo = channel.seq;
    const entries = await this.#replays.read(channel.stream, last, upTo);
    if (!this.clients.has(client)) return;
    if (!entries || !channel.covers(upTo)) return this.#openFresh(client);
    this.#counters.replayed.inc();
    const missed = framesFor(client.id, entries);
    const since = channel.window.bytesAfter(upTo, client.id);
    channel.audience.add(client);
    this.#delivery.open(client, since.length === 0 ? missed : Buffer.concat([missed, since]));
  }

  /** The client has seen what this edge has not: it is true, or the number is made up. Redis knows. */
  async #wait(client: Client, last: number): Promise<void> {
    const { channel } = client;
    await this.#feed.catchUp(channel).catch(() => {});
    if (!this.clients.has(client)) return;
    if (channel.covers(last)) return this.#resume(client, last);
    if (last < channel.seq || this.#feed.link.up) return this.#openFresh(client);
    // Redis is away: the client keeps what it has, and goes on from there when this edge has caught up.
    channel.audience.add(client);
    this.#delivery.open(client, nothing);
    client.seq = last;
  }

  #closed(client: Client): void {
    this.clients.delete(client);
    client.channel.audience.remove(client);
  }
}
