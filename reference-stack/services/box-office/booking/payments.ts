import { CircuitState, CountBreaker, circuitBreaker, handleAll } from "cockatiel";
import type { DefectId } from "../../../../common/presale.ts";
import type { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { OpenSpan, Tracing } from "../../../service-kit/tracing.ts";
import type { Booking } from "./booking.ts";

/** What is known of a charge. `unknown`: it may be taken, or be taken yet. */
export type Charged =
  | { outcome: "taken" | "declined"; charge: string }
  | { outcome: "cancelled" }
  | { outcome: "unknown" };

/** `returned`: money came back; `nothing`: none was taken, and none will be. */
export type Cancelled = "returned" | "nothing" | "unknown";

export interface PaymentsOptions {
  url: string;
  /** Who it is that asks. */
  token: string;
  metrics: ServiceMetrics;
  tracing: Tracing;
  defect?: DefectId | undefined;
  deadlineMs?: number;
}

/** On whose behalf a booking is driven on. */
export interface Drive {
  span?: OpenSpan | undefined;
  /**
   * Its call may find out whether the provider is back. A buyer's does not: what was asked a while ago is answered sooner
   * by a slow provider than what is new, and no buyer waits in vain.
   */
  probes?: boolean;
}

const breakerStates = ["closed", "open", "half-open", "isolated"] as const;
/** Nothing is ever charged under it: a booking's id is another, and calling nothing off changes nothing. */
const probeKey = "probe";
/** A provider that has just been late is slow; an answer in time says otherwise, and so does the time. */
const slowForMs = 3000;

interface ProviderAnswer {
  status: number;
  body: { charge?: string; state?: string };
}

/**
 * The payment provider, asked within a deadline and through a circuit breaker: while it is away, buyers hear so at once
 * instead of waiting for it, and it is not asked for more than it can do.
 */
export class Payments {
  readonly #options: Required<Pick<PaymentsOptions, "deadlineMs">> & PaymentsOptions;
  readonly #breaker = circuitBreaker(handleAll, {
    // Half of twenty, once there were five: a card or two that fail are no outage.
    breaker: new CountBreaker({ threshold: 0.5, size: 20, minimumNumberOfCalls: 5 }),
    halfOpenAfter: 1000,
  });
  readonly #outcomes;
  #lateAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PaymentsOptions) {
    this.#options = { deadlineMs: 2000, ...options };
    const { metrics } = options;
    this.#outcomes = metrics.counter(
      "payments_total",
      "Requests to the payment provider, by what came of them",
      ["call", "outcome"],
    );
    const opened = metrics.counter(
      "breaker_opened_total",
      "Times that the payments' circuit breaker has opened",
    );
    this.#breaker.onBreak(() => opened.inc());
    metrics.gauge("breaker_open", "Payments' circuit breaker: 0 closed, 0.5 half-open, 1 open", (gauge) =>
      gauge.set({ closed: 0, "half-open": 0.5, open: 1, isolated: 1 }[this.breaker]),
    );
  }

  get breaker(): (typeof breakerStates)[number] {
    return breakerStates[this.#breaker.state]!;
  }

  get condition(): "well" | "slow" | "down" {
    if (this.#breaker.state !== CircuitState.Closed) return "down";
    return performance.now() - this.#lateAtMs < slowForMs ? "slow" : "well";
  }

  /** Takes the money for a booking, once: asked again, the provider says what became of it. */
  async charge({ booking, buyer, amountCents, card }: Booking, drive: Drive = {}): Promise<Charged> {
    const body = { booking, buyer, amountCents, card };
    const ask = (key: string) =>
      this.#ask("charge", "/v1/charges", { headers: { "idempotency-key": key }, body, drive });
    let answer = await ask(booking);
    // The planted bug: another key for what may have been charged under the first.
    if (!answer && this.#options.defect === "double-charge") answer = await ask(`${booking}.again`);
    const charged = chargedOf(answer);
    this.#outcomes.inc({ call: "charge", outcome: charged.outcome });
    return charged;
  }

  /** Sees to it that nothing is taken for a booking, or gives back what was. */
  async cancel({ booking }: Booking, drive: Drive = {}): Promise<Cancelled> {
    const answer = await this.#ask("cancel", "/v1/refunds", { body: { key: booking }, drive });
    const outcome = !answer ? "unknown" : answer.body.state === "refunded" ? "returned" : "nothing";
    this.#outcomes.inc({ call: "cancel", outcome });
    return outcome;
  }

  /**
   * Finds out whether the provider is back, while the breaker is not closed: bookings that could tell may all have been driven on
   * by another box office. Called off is what was never charged, which takes the way and the time of what is asked in earnest.
   */
  async probe(): Promise<void> {
    if (this.#breaker.state === CircuitState.Closed) return;
    await this.#ask("probe", "/v1/refunds", { body: { key: probeKey }, drive: { probes: true } });
  }

  /** @returns `undefined` when nobody knows: no answer in time, none at all, or the breaker is open */
  async #ask(
    call: string,
    path: string,
    { headers, body, drive }: { headers?: Record<string, string>; body: object; drive: Drive },
  ): Promise<ProviderAnswer | undefined> {
    const { state } = this.#breaker;
    if (state !== CircuitState.Closed && !drive.probes) return undefined;
    // Who comes while another's call is the probe would wait for what becomes of it.
    if (state === CircuitState.HalfOpen) return undefined;
    const parent = drive.span;
    const { metrics, tracing } = this.#options;
    try {
      return await this.#breaker.execute(() =>
        metrics.timed("payments", call, () => {
          const send = (traceparent?: string) => this.#send(path, body, { ...headers, traceparent });
          if (!parent) return send();
          const span = tracing.start(`payments ${call}`, { kind: "client", parent: parent.context });
          return send(span.traceparent).then(
            (answer) => {
              span.set({ "http.response.status_code": answer.status }).end();
              return answer;
            },
            (error: Error) => {
              span.end({ error: error.message });
              throw error;
            },
          );
        }),
      );
    } catch (error) {
      if ((error as Error).name === "TimeoutError") this.#lateAtMs = performance.now();
      return undefined;
    }
  }

  /** @throws for whatever says nothing about the charge */
  async #send(
    path: string,
    body: object,
    headers: Record<string, string | undefined>,
  ): Promise<ProviderAnswer> {
    const { url, token, deadlineMs } = this.#options;
    const authorization = `Bearer ${token}`;
    const sent = Object.entries({ "content-type": "application/json", authorization, ...headers });
    const response = await fetch(new URL(path, url), {
      method: "POST",
      headers: sent.filter((header): header is [string, string] => header[1] !== undefined),
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const answer = (await response.json()) as ProviderAnswer["body"];
    if (response.status >= 500) throw new Error(`payments answer ${response.status}`);
    return { status: response.status, body: answer };
  }
}

function chargedOf(answer: ProviderAnswer | undefined): Charged {
  const charge = answer?.body.charge;
  if (answer?.status === 201 && charge !== undefined) return { outcome: "taken", charge };
  if (answer?.status === 402 && charge !== undefined) return { outcome: "declined", charge };
  return { outcome: answer?.status === 409 ? "cancelled" : "unknown" };
}
