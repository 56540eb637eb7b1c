import { nowUs } from "../../../common/clock.ts";
import { parseTraceparent, type TraceContext } from "../../../common/trace-context.ts";
import type { OpenSpan, SpanAttributes, Tracing } from "../../service-kit/tracing.ts";
import type { TakenEvent } from "./intake.ts";

/** One call that an event goes through, from when it could have been made; tries that failed count into it. */
interface Step {
  span: OpenSpan;
  startUs: number;
  attempts: number;
  waitedMs: number;
}

/**
 * The spans of one sampled event in `scores`: taken in, appended, published. Each begins when its wait begins, so that a
 * dependency that is away shows as the length of a span, and `waitedMs` says how much of it was before the call
 * that succeeded.
 */
export class EventTrace {
  readonly #tracing: Tracing;
  readonly #taken: TraceContext;
  readonly #attributes: SpanAttributes;
  #append: Step | undefined;
  #publish: Step | undefined;
  #publishedBefore = false;

  private constructor(tracing: Tracing, taken: TraceContext, attributes: SpanAttributes) {
    this.#tracing = tracing;
    this.#taken = taken;
    this.#attributes = attributes;
    this.#append = this.#begin("postgres append");
  }

  /** @param cameAtUs when its line had come: a full queue may have kept it waiting since */
  static of(
    { stream, seq, class: eventClass }: TakenEvent,
    traceparent: string | undefined,
    { tracing, cameAtUs }: { tracing: Tracing; cameAtUs: number },
  ): EventTrace | undefined {
    const parent = parseTraceparent(traceparent);
    if (!parent?.sampled) return undefined;
    const attributes = { stream, seq, class: eventClass };
    const take = tracing.start("take", { kind: "consumer", parent, startUs: cameAtUs, attributes });
    take.end();
    return new EventTrace(tracing, take.context, attributes);
  }

  /** PostgreSQL is asked to take it. */
  appending(): void {
    tried(this.#append);
  }

  /** PostgreSQL has it; from now on it waits for Redis. */
  appended(batch: number): void {
    done(this.#append, { batch });
    this.#append = undefined;
    this.#publish = this.#begin("redis publish");
  }

  /** Redis is asked to take it; returns what goes with it to the edges. */
  publishing(): string {
    this.#publish ??= this.#begin("redis publish", { again: this.#publishedBefore });
    tried(this.#publish);
    return this.#publish.span.traceparent;
  }

  /** Redis has it. May be called again. */
  published(batch?: number): void {
    done(this.#publish, batch === undefined ? {} : { batch });
    this.#publish = undefined;
    this.#publishedBefore = true;
  }

  #begin(name: string, more: SpanAttributes = {}): Step {
    const startUs = nowUs();
    const attributes = { ...this.#attributes, ...more };
    const span = this.#tracing.start(name, { kind: "client", parent: this.#taken, startUs, attributes });
    return { span, startUs, attempts: 0, waitedMs: 0 };
  }
}

function tried(step: Step | undefined): void {
  if (!step) return;
  step.attempts++;
  step.waitedMs = Math.round((nowUs() - step.startUs) / 10) / 100;
}

function done(step: Step | undefined, attributes: SpanAttributes): void {
  if (!step) return;
  const { span, attempts, waitedMs } = step;
  span.set({ ...attributes, attempts, waitedMs }).end();
}
