import { heartbeatFrame } from "./frames.ts";
import type { OpenStream, Outlet } from "./outlet.ts";

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
export class Heartbeat<Stream extends OpenStream> {
  readonly #streams: ReadonlySet<Stream>;
  readonly #outlet: Outlet<Stream>;
  readonly #onGivenUp: () => void;
  readonly #timer: NodeJS.Timeout;
  #walk: Iterator<Stream>;
  /** Clients that are due, a fraction of one included: few clients are not beaten for more often than many. */
  #due = 0;

  constructor(streams: ReadonlySet<Stream>, outlet: Outlet<Stream>, onGivenUp: () => void) {
    this.#streams = streams;
    this.#outlet = outlet;
    this.#onGivenUp = onGivenUp;
    this.#walk = streams.values();
    this.#timer = setInterval(() => this.#beat(), roundMs / parts).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const quietSinceMs = performance.now() - roundMs;
    this.#due = Math.min(this.#due + this.#streams.size / parts, this.#streams.size);
    for (; this.#due >= 1; this.#due--) {
      let { value: client, done } = this.#walk.next();
      if (done) {
        this.#walk = this.#streams.values();
        ({ value: client, done } = this.#walk.next());
      }
      if (client === undefined) return;
      if (client.mode === "live") {
        if (client.channel.spokeAtMs > quietSinceMs) continue;
        this.#outlet.write(client, heartbeatFrame);
      } else if (client.mode === "slow" && ++client.slowRounds >= patienceRounds) {
        this.#onGivenUp();
        client.socket.destroy();
      }
    }
  }
}
