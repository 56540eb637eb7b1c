import type { Socket } from "node:net";
import type { ClientMode } from "./client.ts";
import { heartbeatFrame } from "./frames.ts";

/** An open stream, as far as it is beaten for. */
export interface Beaten {
  readonly socket: Socket;
  /** Who hears the same; `spokeAtMs`: when all of them last heard something. */
  readonly channel: { readonly spokeAtMs: number };
  readonly mode: ClientMode;
  /** Rounds that it has been slow for. */
  slowRounds: number;
}

/** Half of the 60 s after which the usual proxies and balancers close what is silent. */
const roundMs = 30_000;
/** Parts of a round: heartbeats are spread over it, so that they are no burst. */
const parts = 120;
/** A client that has taken nothing for this many rounds is gone. */
const patienceRounds = 2;

/**
 * Beats for all clients with one timer: each gets a comment every 30 s, unless its stream has spoken to everybody by then
 * (a heartbeat costs what an event costs); a client that is slow for long is closed.
 */
export class Heartbeat<Client extends Beaten> {
  readonly #clients: Set<Client>;
  readonly #delivery: { write(client: Client, bytes: Buffer): void };
  readonly #onGivenUp: () => void;
  readonly #timer: NodeJS.Timeout;
  #walk: Iterator<Client>;
  /** Clients that are due, a fraction of one included: few clients are not beaten for more often than many. */
  #due = 0;

  constructor(
    clients: Set<Client>,
    delivery: { write(client: Client, bytes: Buffer): void },
    onGivenUp: () => void,
  ) {
    this.#clients = clients;
    this.#delivery = delivery;
    this.#onGivenUp = onGivenUp;
    this.#walk = clients.values();
    this.#timer = setInterval(() => this.#beat(), roundMs / parts).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const quietSinceMs = performance.now() - roundMs;
    this.#due = Math.min(this.#due + this.#clients.size / parts, this.#clients.size);
    for (; this.#due >= 1; this.#due--) {
      let { value: client, done } = this.#walk.next();
      if (done) {
        this.#walk = this.#clients.values();
        ({ value: client, done } = this.#walk.next());
      }
      if (client === undefined) return;
      if (client.mode === "live") {
        if (client.channel.spokeAtMs > quietSinceMs) continue;
        this.#delivery.write(client, heartbeatFrame);
      } else if (client.mode === "slow" && ++client.slowRounds >= patienceRounds) {
        this.#onGivenUp();
        client.socket.destroy();
      }
    }
  }
}
