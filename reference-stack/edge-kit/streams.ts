import type { Socket } from "node:net";
import type { Counter } from "prom-client";
import type { OpenSpan } from "../service-kit/tracing.ts";
import type { Channel } from "./channel.ts";
import type { Client, Delivery } from "./delivery.ts";
import { lastChunk } from "./frames.ts";
import { framesFor, type WindowEntry } from "./window.ts";

/** Where an edge has its news from. */
export interface Source<Of extends Channel> {
  /** Whether it can be asked now. */
  readonly up: boolean;
  /** Reads what it has beyond a channel. Rejects when it is away. */
  catchUp(channel: Of): Promise<void>;
  /** What is older than the window, after `after` up to `upTo`; `undefined` when that is too much, gone, or not to be had now. */
  read(channel: Of, after: number, upTo: number): Promise<WindowEntry[] | undefined>;
}

export interface StreamRequest {
  lastEventId: string | undefined;
  client?: string | undefined;
  /** Of a sampled request; it ends with the first bytes of the stream. */
  span?: OpenSpan | undefined;
}

/**
 * What a stream begins with: the state; what was missed, from memory or from the source; or nothing yet, since its client has seen
 * more than this edge. `gone`: the client did not wait for it.
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

const numberIn = (text: string | undefined) =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** All open streams of this edge: how one begins, how it ends. */
export class Streams<Of extends Channel> {
  readonly #delivery: Delivery;
  readonly #source: Source<Of>;
  readonly #counters: StreamCounters;

  constructor(delivery: Delivery, source: Source<Of>, counters: StreamCounters) {
    this.#delivery = delivery;
    this.#source = source;
    this.#counters = counters;
  }

  get clients(): ReadonlySet<Client> {
    return this.#delivery.clients;
  }

  /** Answers a request for a stream, on its bare socket. */
  open(socket: Socket, channel: Of, { lastEventId, client: id, span }: StreamRequest): void {
    const client: Client = {
      socket,
      channel,
      id: numberIn(id),
      seq: 0,
      mode: "replaying",
      slowRounds: 0,
      place: -1,
    };
    this.#delivery.take(client);
    this.#counters.opened.inc();
    const beginning = this.#begin(client, channel, numberIn(lastEventId));
    if (lastEventId === undefined && span === undefined) return;
    // Most have begun by now; whom it concerns hears of it all the same in one way.
    Promise.resolve(beginning).then((how) => {
      if (lastEventId !== undefined) this.#counters.resumed.inc({ how });
      span?.set({ stream: channel.name, beginning: how, "http.response.status_code": 200 }).end();
    });
  }

  /** Ends `count` streams, or those of one channel; clients come back, elsewhere. */
  end(count: number, channel?: Of): void {
    for (const client of this.clients) {
      if (channel && client.channel !== channel) continue;
      if (count-- === 0) return;
      this.#delivery.leave(client);
      client.socket.end(lastChunk);
    }
  }

  #begin(client: Client, channel: Of, last: number | undefined): Beginning | Promise<Beginning> {
    if (last === undefined) return this.#openFresh(client);
    if (channel.covers(last)) return this.#resume(client, last);
    if (last < channel.seq) return this.#replay(client, channel, last);
    if (last - channel.seq <= believedAhead) return this.#wait(client, channel, last);
    return this.#openFresh(client);
  }

  /** Joined in the turn in which the snapshot is written: nothing comes between them. */
  #openFresh(client: Client): Beginning {
    this.#delivery.openFresh(client);
    return "snapshot";
  }

  #resume(client: Client, last: number): Beginning {
    this.#counters.replayed.inc();
    this.#delivery.open(client, client.channel.window.bytesAfter(last, client.id));
    return "window";
  }

  /** Older than the window: from the source, and what came meanwhile from the window. */
  async #replay(client: Client, channel: Of, last: number): Promise<Beginning> {
    const upTo = channel.seq;
    const entries = await this.#source.read(channel, last, upTo);
    if (!this.clients.has(client)) return "gone";
    if (!entries || !channel.covers(upTo)) return this.#openFresh(client);
    this.#counters.replayed.inc();
    const missed = framesFor(client.id, entries);
    const since = channel.window.bytesAfter(upTo, client.id);
    this.#delivery.open(client, since.length === 0 ? missed : Buffer.concat([missed, since]));
    return "redis";
  }

  /** The client has seen what this edge has not: it is true, or the number is made up. The source knows. */
  async #wait(client: Client, channel: Of, last: number): Promise<Beginning> {
    await this.#source.catchUp(channel).catch(() => {});
    if (!this.clients.has(client)) return "gone";
    if (channel.covers(last)) return this.#resume(client, last);
    if (last < channel.seq || this.#source.up) return this.#openFresh(client);
    // The source is away: the client keeps what it has, and goes on from there when this edge has caught up.
    this.#delivery.open(client, nothing);
    client.seq = last;
    return "ahead";
  }
}
