import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { z } from "zod";
import { url } from "./config.ts";
import type { ServiceMetrics } from "./metrics.ts";
import { otlpProcessor } from "./otlp.ts";
import { Tracing } from "./tracing.ts";

const optionalUrl = z.preprocess((text) => (text === "" ? undefined : text), url("http", "https").optional());

/** What a service that traces is told. */
export const tracingShape = {
  /** Share of the requests without a trace context that are traced. */
  TRACE_SHARE: z.coerce.number().min(0).max(1).default(0.01),
  /** Base URL of who takes spans by OTLP/HTTP. */
  OTLP_URL: optionalUrl,
  /** OpenTelemetry's own name for it, where `OTLP_URL` is not set. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalUrl,
};

type TracingConfig = z.infer<z.ZodObject<typeof tracingShape>>;

export async function startTracing(
  part: string,
  { TRACE_SHARE, OTLP_URL, OTEL_EXPORTER_OTLP_ENDPOINT }: TracingConfig,
  metrics: ServiceMetrics,
): Promise<Tracing> {
  const endpoint = OTLP_URL ?? OTEL_EXPORTER_OTLP_ENDPOINT;
  const exports: SpanProcessor[] = [];
  if (endpoint !== undefined) {
    const failed = metrics.counter("spans_export_failed_total", "Spans that the OTLP endpoint has not taken");
    exports.push(await otlpProcessor(endpoint, (spans) => failed.inc(spans)));
  }
  const tracing = new Tracing(part, { share: TRACE_SHARE, exports });
  metrics.total("spans_total", "Spans that have ended", () => tracing.buffer.ended);
  metrics.total(
    "spans_dropped_total",
    "Spans that nobody has taken from POST /spans before the buffer was full",
    () => tracing.buffer.dropped,
  );
  return tracing;
}
