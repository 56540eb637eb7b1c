import type { SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { messageOf } from "../../common/errors.ts";
import { log } from "./log.ts";

/** An endpoint that is away costs spans, and nothing else: they wait in a queue of this length, and then are dropped. */
const queueLimit = 4096;

/**
 * Sends spans to `<url>/v1/traces` by OTLP/HTTP. Loaded when it is asked for: twelve edges that export nothing need not hold
 * it in memory.
 */
export async function otlpProcessor(url: string, onFailed: (spans: number) => void): Promise<SpanProcessor> {
  const [{ OTLPTraceExporter }, { BatchSpanProcessor }] = await Promise.all([
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/sdk-trace"),
  ]);
  const inner = new OTLPTraceExporter({ url: `${url.replace(/\/+$/, "")}/v1/traces`, timeoutMillis: 3000 });
  let away = false;
  const exporter: SpanExporter = {
    export(spans, done) {
      inner.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed) onFailed(spans.length);
        if (failed && !away) log("otlp away", { url, reason: messageOf(result.error) });
        if (!failed && away) log("otlp up", { url });
        away = failed;
        done(result);
      });
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
  return new BatchSpanProcessor({
    exporter,
    maxQueueSize: queueLimit,
    scheduledDelayMillis: 1000,
    exportTimeoutMillis: 4000,
  });
}
