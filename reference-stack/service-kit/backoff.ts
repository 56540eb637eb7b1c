import { setTimeout as delay } from "node:timers/promises";

/** Waits that grow from `firstMs` to `mostMs`, each shortened by up to a quarter so that many do not come at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #nextMs: number;

  constructor({ firstMs, mostMs }: { firstMs: number; mostMs: number }) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#nextMs = firstMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /** Resolves at once when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.75 + Math.random() / 4);
    this.#nextMs = Math.min(this.#mostMs, this.#nextMs * 2);
    await delay(ms, undefined, { signal }).catch(() => {});
  }
}
