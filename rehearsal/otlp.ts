/** Spans of the run folder as OTLP/HTTP in its JSON form (opentelemetry-proto, "JSON Protobuf Encoding"). */
import { MatchdayError } from "../common/errors.ts";
import type { SpanRecord } from "../common/records.ts";

/** `SpanKind` of trace.proto. */
const kinds: Record<SpanRecord["kind"], number> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** `STATUS_CODE_ERROR` of trace.proto. */
const statusError = 2;

/** The body of one `POST /v1/traces`: the parts are instances of one service. */
export function tracesRequest(spans: readonly SpanRecord[], service: string): object {
  const byPart = [...Map.groupBy(spans, ({ part }) => part)];
  return {
    resourceSpans: byPart.map(([part, ofPart]) => ({
      resource: {
        attributes: keyValues({ "service.name": service, "service.instance.id": part }),
      },
      scopeSpans: [{ scope: { name: "matchday" }, spans: ofPart.map(spanOf) }],
    })),
  };
}

function spanOf({
  traceId,
  spanId,
  parentSpanId,
  name,
  kind,
  startUs,
  endUs,
  error,
  attributes,
}: SpanRecord) {
  return {
    ...{ traceId, spanId, name },
    ...(parentSpanId !== undefined && { parentSpanId }),
    kind: kinds[kind],
    startTimeUnixNano: nanosecondsOf(startUs),
    endTimeUnixNano: nanosecondsOf(endUs),
    attributes: keyValues(attributes),
    ...(error !== undefined && { status: { code: statusError, message: error } }),
  };
}

/** As text: an instant in nanoseconds is more than a double can hold. */
const nanosecondsOf = (us: number) => `${Math.round(us)}000`;

function keyValues(attributes: SpanRecord["attributes"]): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/**
 * Hands spans to the receiver at `url`.
 * @throws MatchdayError SPANS_NOT_TAKEN when it refuses; what `fetch` throws when it is not there, or not in time
 */
export async function postSpans(
  url: string,
  spans: readonly SpanRecord[],
  { service, signal }: { service: string; signal: AbortSignal },
): Promise<void> {
  const response = await fetch(new URL("/v1/traces", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(tracesRequest(spans, service)),
    signal,
  });
  const answer = await response.text();
  if (response.ok) return;
  throw new MatchdayError(
    "SPANS_NOT_TAKEN",
    `${url} answered ${response.status} to spans: ${answer.slice(0, 200)}`,
    { hint: "see that OTEL_EXPORTER_OTLP_ENDPOINT names a collector, or unset it" },
  );
}
