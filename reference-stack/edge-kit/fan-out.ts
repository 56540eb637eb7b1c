import type { Histogram } from "prom-client";
import type { Channel } from "./channel.ts";
import type { Delivery } from "./delivery.ts";
import { framesFor } from "./window.ts";

/**
 * Writes new events to everybody, some sockets at a turn: between turns the process accepts, answers and beats. Events
 * that come while a sweep is on its way go out together in the next one, in order, so that a slow machine writes
 * larger pieces and not longer queues.
 */
export class FanOut {
  readonly #delivery: Delivery;
  readonly #batch: number;
  readonly #turns: Histogram;
  readonly #sweeps: Histogram;
  readonly #sweeping = new Set<Channel>();

  constructor(delivery: Delivery, batch: number, { turns, sweeps }: { turns: Histogram; sweeps: Histogram }) {
    this.#delivery = delivery;
    this.#batch = batch;
    this.#turns = turns;
    this.#sweeps = sweeps;
  }

  /** Call it when a channel has something new; the first sockets are written before it returns. */
  wake(channel: Channel): void {
    if (this.#sweeping.has(channel) || channel.swept === channel.seq) return;
    this.#sweeping.add(channel);
    this.#sweep(channel);
  }

  #sweep(channel: Channel): void {
    const { audience, window } = channel;
    const from = channel.swept;
    const upTo = channel.seq;
    channel.swept = upTo;
    audience.compact();
    const entries = channel.covers(from) ? window.between(from, upTo) : [];
    if (entries.length === 0 || entries.some(({ to }) => to === undefined))
      channel.spokeAtMs = performance.now();
    const shared =
      entries.length > 0 && entries.every(({ to }) => to === undefined)
        ? framesFor(undefined, entries)
        : undefined;
    // Whoever joins from now on has at least `upTo`.
    const places = audience.places;
    const endSweep = this.#sweeps.startTimer();
    let place = 0;
    const turn = () => {
      const endTurn = this.#turns.startTimer();
      let written = 0;
      while (place < places && written < this.#batch) {
        const client = audience.at(place++);
        if (client?.mode === "live" && this.#delivery.deliver(client, upTo, from, shared)) written++;
      }
      endTurn();
      if (place < places) {
        setImmediate(turn);
        return;
      }
      endSweep();
      this.#sweeping.delete(channel);
      if (channel.seq !== channel.swept) setImmediate(() => this.wake(channel));
    };
    turn();
  }
}
