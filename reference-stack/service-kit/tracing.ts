import {
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  type IdGenerator,
  RandomIdGenerator,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { nowUs } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import type { SpanRecord } from "../../common/records.ts";
import { formatTraceparent, type TraceContext } from "../../common/trace-context.ts";
import { Sampler } from "./sampler.ts";
import { SpanBuffer } from "./span-buffer.ts";

export type SpanAttributes = SpanRecord["attributes"];

export interface SpanStart {
  kind: SpanRecord["kind"];
  /** The span that it is a child of; none: it is the root of its trace. */
  parent?: TraceContext | undefined;
  /** The ids of a root that were given to it before it began. */
  ids?: Pick<TraceContext, "traceId" | "spanId"> | undefined;
  /** Now, unless told. */
  startUs?: number;
  attributes?: SpanAttributes;
}

/** A span that has begun. It is recorded when it ends, and only then. */
export class OpenSpan {
  readonly context: TraceContext;
  readonly #span: Span;
  #ended = false;

  constructor(span: Span) {
    const { traceId, spanId } = span.spanContext();
    this.#span = span;
    this.context = { traceId, spanId, sampled: true };
  }

  get traceparent(): string {
    return formatTraceparent(this.context);
  }

  set(attributes: SpanAttributes): this {
    this.#span.setAttributes(attributes);
    return this;
  }

  /** Ends it; what comes after the first time is ignored. */
  end({ atUs = nowUs(), error }: { atUs?: number; error?: string | undefined } = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    this.#span.end(hrTimeOf(atUs));
  }
}

/** The spans of one process. Nobody begins one for a flow that is not sampled: that is decided before. */
export class Tracing {
  readonly buffer: SpanBuffer;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #sampler: Sampler;
  readonly #ids = new GivenIds();

  /** @param share of the requests without a trace context that are traced, 0 to 1 */
  constructor(part: string, { share, exports = [] }: { share: number; exports?: SpanProcessor[] }) {
    this.buffer = new SpanBuffer(part);
    this.#sampler = new Sampler(share);
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": part }),
      sampler: new AlwaysOnSampler(),
      idGenerator: this.#ids,
      spanProcessors: [this.buffer, ...exports],
    });
    this.#tracer = this.#provider.getTracer("matchday");
  }

  start(name: string, { kind, parent, ids, startUs = nowUs(), attributes = {} }: SpanStart): OpenSpan {
    this.#ids.given = ids;
    const context = parent
      ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: 1, isRemote: true })
      : ROOT_CONTEXT;
    const options = { kind: kinds[kind], startTime: hrTimeOf(startUs), attributes };
    return new OpenSpan(this.#tracer.startSpan(name, options, context));
  }

  /** The span of a request that comes with this header; `undefined`, and next to no cost, when it is not sampled. */
  request(name: string, traceparent: string | undefined): OpenSpan | undefined {
    const parent = this.#sampler.decide(traceparent);
    if (parent === undefined) return undefined;
    return this.start(name, { kind: "server", parent: parent === "root" ? undefined : parent });
  }

  /** Does something that the flow of `parent` waits for, as a span of its own; without a parent, just does it. */
  async during<T>(parent: OpenSpan | undefined, name: string, act: () => Promise<T>): Promise<T> {
    if (!parent) return act();
    const span = this.start(name, { kind: "client", parent: parent.context });
    try {
      const answer = await act();
      span.end();
      return answer;
    } catch (error) {
      span.end({ error: messageOf(error) });
      throw error;
    }
  }

  /** Gives what has ended to those that it is exported to, as far as they take it within `withinMs`. */
  async close(withinMs = 1000): Promise<void> {
    const timeUp = Promise.withResolvers<void>();
    const timer = setTimeout(timeUp.resolve, withinMs);
    await Promise.race([this.#provider.shutdown().catch(() => {}), timeUp.promise]);
    clearTimeout(timer);
  }
}

const kinds: Record<SpanRecord["kind"], SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function hrTimeOf(us: number): HrTime {
  return [Math.floor(us / 1e6), Math.round(us % 1e6) * 1000];
}

/** Random ids, but for the next span where they are given. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  given: Pick<TraceContext, "traceId" | "spanId"> | undefined;

  generateTraceId(): string {
    return this.given?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.given?.spanId ?? this.#random.generateSpanId();
  }
}
