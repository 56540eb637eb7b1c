import { messageOf } from "../../../common/errors.ts";
import { Backoff } from "../../service-kit/backoff.ts";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { EventStore } from "./event-store.ts";
import type { TakenEvent } from "./intake.ts";

const batchSize = 500;

/** Takes events to the table in order; what PostgreSQL does not take waits here, up to `limit`. */
export class Appender {
  readonly #store: EventStore;
  readonly #limit: number;
  readonly #onAppended: (events: TakenEvent[]) => void;
  readonly #closing = new AbortController();
  #queue: TakenEvent[] = [];
  #wake = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;

  constructor({
    store,
    limit,
    metrics,
    onAppended,
  }: {
    store: EventStore;
    limit: number;
    metrics: ServiceMetrics;
    onAppended: (events: TakenEvent[]) => void;
  }) {
    this.#store = store;
    this.#limit = limit;
    this.#onAppended = onAppended;
    metrics.gauge("append_queue_events", "Events that wait for PostgreSQL", (gauge) =>
      gauge.set(this.waiting),
    );
    this.#ended = this.#run();
  }

  get waiting(): number {
    return this.#queue.length;
  }

  add(event: TakenEvent): void {
    this.#queue.push(event);
    this.#wake.resolve();
  }

  /** Resolves when there is room for more: the vendor keeps what is not taken in. */
  async room(): Promise<void> {
    while (this.#queue.length >= this.#limit && !this.#closing.signal.aborted) {
      this.#room = Promise.withResolvers();
      await this.#room.promise;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.resolve();
    this.#room.resolve();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: 50, mostMs: 500 });
    let saidAway = false;
    while (!signal.aborted || (this.#queue.length > 0 && this.#store.up)) {
      if (this.#queue.length === 0) {
        this.#wake = Promise.withResolvers();
        await this.#wake.promise;
        continue;
      }
      const batch = this.#queue.slice(0, batchSize);
      for (const { trace } of batch) trace?.appending();
      try {
        await this.#store.append(batch);
      } catch (error) {
        if (!saidAway) log("postgres away", { reason: messageOf(error), waiting: this.#queue.length });
        saidAway = true;
        await backoff.wait(signal);
        continue;
      }
      if (saidAway) log("postgres up", { waiting: this.#queue.length });
      saidAway = false;
      backoff.reset();
      this.#queue = this.#queue.slice(batch.length);
      this.#room.resolve();
      for (const { trace } of batch) trace?.appended(batch.length);
      this.#onAppended(batch);
    }
  }
}
