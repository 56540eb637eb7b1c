import { type HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { SpanRecord } from "../../common/records.ts";

/** Spans in one answer of `POST /spans`: more would hold up the event loop for longer than a fan-out batch. */
export const spansPage = 1000;

const kinds: Record<SpanKind, SpanRecord["kind"]> = {
  [SpanKind.INTERNAL]: "internal",
  [SpanKind.SERVER]: "server",
  [SpanKind.CLIENT]: "client",
  [SpanKind.PRODUCER]: "producer",
  [SpanKind.CONSUMER]: "consumer",
};

/** Keeps spans that have ended until somebody takes them; when nobody does, the oldest go. */
export class SpanBuffer implements SpanProcessor {
  readonly #part: string;
  readonly #limit: number;
  #records: SpanRecord[] = [];
  ended = 0;
  dropped = 0;

  constructor(part: string, limit = 20_000) {
    this.#part = part;
    this.#limit = limit;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.ended++;
    if (this.#records.length >= this.#limit) {
      // Many at once: to move the rest up for each one would cost more than the span.
      this.dropped += this.#records.splice(0, Math.min(spansPage, this.#limit)).length;
    }
    this.#records.push(recordOf(span, this.#part));
  }

  /** The oldest, at most `spansPage` of them; each is given out once. */
  take(): SpanRecord[] {
    return this.#records.splice(0, spansPage);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

const usOf = ([seconds, nanos]: HrTime) => seconds * 1e6 + Math.round(nanos / 1000);

function recordOf(span: ReadableSpan, part: string): SpanRecord {
  const { traceId, spanId } = span.spanContext();
  const { code, message = "failed" } = span.status;
  return {
    traceId,
    spanId,
    ...(span.parentSpanContext ? { parentSpanId: span.parentSpanContext.spanId } : {}),
    name: span.name,
    kind: kinds[span.kind],
    part,
    startUs: usOf(span.startTime),
    endUs: usOf(span.endTime),
    ...(code === SpanStatusCode.ERROR ? { error: message } : {}),
    attributes: span.attributes as SpanRecord["attributes"],
  };
}
