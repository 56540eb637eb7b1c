import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "./clock.ts";

interface Sleeper {
  atUs: number;
  wake(): void;
}

/** A clock that goes only when it is told to: for tests of schedules, without waiting. */
export class VirtualClock implements Clock {
  #nowUs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleepUntil(atUs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (atUs <= this.#nowUs) return resolve();
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal!.reason);
      };
      const sleeper: Sleeper = {
        atUs,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Lets `ms` go by: wakes who sleeps, in order, and lets each do what it then has to do before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const endUs = this.#nowUs + ms * 1000;
    for (;;) {
      await settle();
      const [next] = [...this.#sleepers].sort((a, b) => a.atUs - b.atUs);
      if (!next || next.atUs > endUs) break;
      this.#nowUs = next.atUs;
      next.wake();
    }
    this.#nowUs = endUs;
    await settle();
  }
}

/** Lets promises that can go on do so, over chains of many links. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await turn();
}
