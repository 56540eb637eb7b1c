import type { Channel } from "./channel.ts";
import { type OpenStream, Outlet } from "./outlet.ts";
import { framesFor } from "./window.ts";

/** One open stream of a channel. */
export interface Client extends OpenStream {
  readonly channel: Channel;
  /** `?client=` or `X-Client-Id`. */
  readonly id: number | undefined;
  /** The last change that was written to it, or that its snapshot held. */
  seq: number;
  /** Its place in the audience. */
  place: number;
}

/**
 * Brings clients to where their channel is. One that is slow is cut over: nothing is added until it has taken what it has, and
 * then it gets the newest snapshot.
 */
export class Delivery {
  readonly clients = new Set<Client>();
  readonly outlet: Outlet<Client>;

  /** @param onSlow a client is cut over */
  constructor(onSlow: () => void) {
    this.outlet = new Outlet({
      onSlow,
      onDrained: (client, was) => this.#onDrained(client, was === "replaying"),
      onClose: (client) => this.leave(client),
    });
  }

  take(client: Client): void {
    this.outlet.take(client);
    this.clients.add(client);
  }

  leave(client: Client): void {
    this.clients.delete(client);
    client.channel.audience.remove(client);
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
      this.outlet.write(client, shared);
      return true;
    }
    if (channel.covers(client.seq)) {
      const bytes = framesFor(client.id, channel.window.between(client.seq, upTo));
      client.seq = upTo;
      if (bytes.length > 0) this.outlet.write(client, bytes);
      return bytes.length > 0;
    }
    client.seq = channel.seq;
    this.outlet.write(client, channel.snapshotBytes);
    return true;
  }

  /** The head and the state, in one write. */
  openFresh(client: Client): void {
    const { channel, socket } = client;
    client.seq = channel.seq;
    client.mode = "live";
    channel.audience.add(client);
    if (!socket.write(channel.openingBytes)) this.outlet.drainFirst(client);
  }

  /** The head, and all that a joining client has missed. */
  open(client: Client, bytes: Buffer): void {
    const { socket, channel } = client;
    client.seq = channel.seq;
    client.mode = "live";
    channel.audience.add(client);
    socket.cork();
    socket.write(channel.headBytes);
    const flows = bytes.length === 0 || socket.write(bytes);
    socket.uncork();
    if (!flows) this.outlet.drainFirst(client);
  }

  #onDrained(client: Client, isExact: boolean): void {
    const { channel } = client;
    if (client.seq >= channel.seq) return;
    const bytes =
      isExact && channel.covers(client.seq)
        ? channel.window.bytesAfter(client.seq, client.id)
        : channel.snapshotBytes;
    client.seq = channel.seq;
    if (bytes.length > 0) this.outlet.write(client, bytes);
  }
}
