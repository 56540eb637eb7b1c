import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../../common/clock.ts";
import type { FeedMessage } from "../../../common/match-day.ts";

/** How often a feed with nothing to say sends a blank line, so that its follower knows it is alive. */
const heartbeatMs = 2000;

/** The vendor's messages, and those who follow them. */
export class Feed {
  readonly #clock: Clock;
  #messages: FeedMessage[] | undefined;
  #begun = Promise.withResolvers<void>();
  #closing = new AbortController();
  readonly #onSaid: (message: FeedMessage) => void;
  /** The number of the last message that any follower got. */
  #heardUpTo = 0;
  followers = 0;

  /** @param onSaid called for each message when its first follower has it */
  constructor(clock: Clock, onSaid: (message: FeedMessage) => void = () => {}) {
    this.#clock = clock;
    this.#onSaid = onSaid;
  }

  get begun(): boolean {
    return this.#messages !== undefined;
  }

  begin(messages: FeedMessage[]): void {
    this.#messages = messages;
    this.#begun.resolve();
  }

  /** How many of the messages are due by now. */
  get said(): number {
    const nowUs = this.#clock.nowUs();
    const next = (this.#messages ?? []).findIndex(({ sourceAtUs }) => sourceAtUs > nowUs);
    return next === -1 ? (this.#messages?.length ?? 0) : next;
  }

  close(): void {
    this.#closing.abort();
  }

  /** Writes every message after the first `after`, each when it is due, until the follower leaves. */
  async follow(after: number, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once("close", () => left.abort());
    const signal = AbortSignal.any([left.signal, this.#closing.signal]);
    const heartbeat = setInterval(() => response.write("\n"), heartbeatMs);
    this.followers++;
    try {
      await Promise.race([this.#begun.promise, aborted(signal)]);
      for (const message of (this.#messages ?? []).slice(after)) {
        await this.#clock.sleepUntil(message.sourceAtUs, signal);
        if (!response.write(`${JSON.stringify(message)}\n`)) await once(response, "drain", { signal });
        if (message.n > this.#heardUpTo) {
          this.#heardUpTo = message.n;
          this.#onSaid(message);
        }
      }
      await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.followers--;
      clearInterval(heartbeat);
      response.end();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
