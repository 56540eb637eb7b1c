import { Histogram } from "prom-client";
import { latencyBuckets, type ServiceMetrics } from "../../service-kit/metrics.ts";
import type { HoldAnswer } from "./holds.ts";
import type { Reconciled } from "./reconciler.ts";

/** What becomes of holds, as this box office sees it. */
export class HoldMetrics {
  readonly #asked;
  readonly #extended;
  readonly #expired;
  readonly #returned;
  readonly #durations: Histogram<"end">;

  constructor(metrics: ServiceMetrics) {
    this.#asked = metrics.counter("holds_total", "Holds that were asked for, by what came of it", [
      "outcome",
    ]);
    this.#extended = metrics.counter(
      "holds_extended_total",
      "Times that a hold was kept for longer, or for a payment",
    );
    this.#expired = metrics.counter("holds_expired_total", "Holds whose time was over");
    this.#returned = metrics.counter("seats_returned_total", "Seats that were free again by that");
    this.#durations = new Histogram({
      name: "matchday_hold_duration_seconds",
      help: "How long seats were held that were then sold or given back",
      labelNames: ["end"],
      buckets: [...latencyBuckets, 30, 60, 120, 300, 600, 900],
      registers: [metrics.registry],
    });
  }

  asked(outcome: HoldAnswer["outcome"]): void {
    this.#asked.inc({ outcome });
  }

  extended(): void {
    this.#extended.inc();
  }

  ended(end: "sold" | "released", heldUs: number): void {
    this.#durations.observe({ end }, Math.max(0, heldUs) / 1e6);
  }

  reconciled({ expired, seats }: Reconciled): void {
    this.#expired.inc(expired);
    this.#returned.inc(seats);
  }
}
