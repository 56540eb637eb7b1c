/** Which span of which trace something belongs to, and whether that trace is recorded (W3C Trace Context). */
export interface TraceContext {
  /** 32 hex digits, lower case, not all zero. */
  traceId: string;
  /** 16 hex digits, lower case, not all zero. */
  spanId: string;
  sampled: boolean;
}

const fields = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const onlyZeros = /^0+$/;
const sampledFlag = 0x01;

/**
 * Reads a `traceparent` header (https://www.w3.org/TR/trace-context/#traceparent-header). What breaks a rule is no
 * context at all; of a later version, the part that this one knows is read.
 */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = fields.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (onlyZeros.test(traceId) || onlyZeros.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) !== 0 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}
