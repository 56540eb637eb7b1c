import type { Socket } from "node:net";
import type { Counter } from "prom-client";
import { boundTo, type Client } from "./client.ts";
import { framesFor } from "./window.ts";

/**
 * Writes to clients. A client whose socket holds more than its limit (`SLOW_BYTES`, over what the kernel has taken) is
 * cut over: nothing is added until it has taken all of that, and then it gets the newest snapshot.
 */
export class Delivery {
  readonly #cutOvers: Counter;
  /** To open streams; plain numbers, read when somebody asks: this is the hottest path there is. */
  writes = 0;
  bytes = 0;
  readonly #drained: (this: Socket) => void;

  constructor(cutOvers: Counter) {
    this.#cutOvers = cutOvers;
    const drained = (client: Client) => this.#onDrained(client);
    // One function for all sockets.
    this.#drained = function onDrain(this: Socket) {
      const client = boundTo(this);
      if (client && !this.destroyed) drained(client);
    };
  }

  /**
   * Brings a live client to `upTo`: with `shared`, which holds all events after `sharedFrom`, where that fits; else
   * with its own frames; else, where those are no longer in memory, with the newest snapshot.
   * @returns whether something was written
   */
  deliver(client: Client, upTo: number, sharedFrom: number, shared: Buffer | undefined): boolean {
    if (client.seq >= upTo) return false;
    const { channel } = client;
    if (client.seq === sharedFrom && shared !== undefined) {
      client.seq = upTo;
      this.write(client, shared);
      return true;
    }
    if (channel.covers(client.seq)) {
      const bytes = framesFor(client.id, channel.window.between(client.seq, upTo));
      client.seq = upTo;
      if (bytes.length > 0) this.write(client, bytes);
      return bytes.length > 0;
    }
    client.seq = channel.seq;
    this.write(client, channel.snapshotBytes);
    return true;
  }

  write(client: Client, bytes: Buffer): void {
    this.writes++;
    this.bytes += bytes.length;
    if (client.socket.write(bytes)) return;
    client.mode = "slow";
    this.#cutOvers.inc();
    client.socket.once("drain", this.#drained);
  }

  /**
   * The head, and all that a joining client has missed. It may be large, and the client is not slow for that: it goes
   * on from there when it has taken it.
   */
  open(client: Client, bytes: Buffer): void {
    const { socket, channel } = client;
    client.seq = channel.seq;
    client.mode = "live";
    socket.cork();
    socket.write(channel.headBytes);
    const flows = bytes.length === 0 || socket.write(bytes);
    socket.uncork();
    if (!flows) this.drainFirst(client);
  }

  drainFirst(client: Client): void {
    client.mode = "replaying";
    client.socket.once("drain", this.#drained);
  }

  #onDrained(client: Client): void {
    const { channel, mode } = client;
    client.mode = "live";
    client.slowRounds = 0;
    if (client.seq >= channel.seq) return;
    const exact = mode === "replaying" && channel.covers(client.seq);
    const bytes = exact ? channel.window.bytesAfter(client.seq, client.id) : channel.snapshotBytes;
    client.seq = channel.seq;
    if (bytes.length > 0) this.write(client, bytes);
  }
}
