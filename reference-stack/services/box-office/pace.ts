import type { FastifyInstance } from "fastify";
import { askRedis, unlessAway } from "../presale/redis-away.ts";
import { presaleNames } from "../presale/redis-names.ts";
import type { BoxOffice } from "./office.ts";

/** Whoever lets buyers in goes slower from here on: half a second for a page is what a buyer takes for prompt. */
const slowMs = 500;
/** Fewer answers say nothing of the slowest among them. */
const leastAnswers = 10;
/** How long a word counts: it is said each second. */
const saidForMs = 2500;
/** What waits for a payment provider says nothing of this office, and `payments` says it. */
const waitsForPayment = "/api/presales/:event/bookings";

/** How long the answers of one box office take: it says so when that is too long, and admission lets fewer in. */
export class Pace {
  readonly #office: Pick<BoxOffice, "redis" | "metrics">;
  #tookMs: number[] = [];
  #p95Ms = 0;

  constructor(office: Pick<BoxOffice, "redis" | "metrics">) {
    this.#office = office;
    office.metrics.gauge(
      "answer_p95_seconds",
      "What the slowest twentieth of the answers of the last second took at least, those that wait for payments aside",
      (gauge) => gauge.set(this.#p95Ms / 1000),
    );
  }

  /** Watches the routes of an API. */
  watch(api: FastifyInstance): void {
    api.addHook("onResponse", async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
      const paying = method === "POST" && routeOptions.url === waitsForPayment;
      // What cannot be answered at all, for a store that is away, is refused at once or late: neither is this office's pace.
      if (!paying && statusCode < 500) this.took(elapsedTime);
    });
  }

  /** An answer took so long. */
  took(ms: number): void {
    this.#tookMs.push(ms);
  }

  /** Takes the answers since the last time together, and says so when they were slow. */
  async tell(): Promise<void> {
    const { redis, metrics } = this.#office;
    const tookMs = this.#tookMs.sort((a, b) => a - b);
    this.#tookMs = [];
    this.#p95Ms = tookMs[Math.ceil(tookMs.length * 0.95) - 1] ?? 0;
    // What has not been read yet took nothing so far: a loop that comes round late is as slow as its answers will be.
    const slowestMs = Math.max(tookMs.length >= leastAnswers ? this.#p95Ms : 0, metrics.loopLagP99Ms);
    if (slowestMs <= slowMs) return;
    const expiration = { type: "PX", value: saidForMs } as const;
    await unlessAway(
      askRedis(redis, "slow", (client) =>
        client.set(presaleNames.slow, Math.round(slowestMs), { expiration }),
      ),
    );
  }
}
