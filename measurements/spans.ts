import type { SpanRecord } from "../common/records.ts";
import { parseObject } from "./json-lines.ts";
import { LongLine, linesOf, mostUnfitLines } from "./lines.ts";

/** All that a rehearsal keeps: 100,000 of the stack and as many of the crowd. */
const mostSpans = 200_000;

/**
 * Reads `spans.jsonl`, a line at a time, since it may be large. What is no whole span is left out; so is all behind a line that is
 * too long, or behind too many that are none.
 */
export async function readSpans(path: string, most = mostSpans): Promise<SpanRecord[]> {
  const spans: SpanRecord[] = [];
  let unfit = 0;
  try {
    for await (const { text } of linesOf(path)) {
      const span = asSpan(parseObject(text));
      if (span) spans.push(span);
      else unfit++;
      if (spans.length === most || unfit > mostUnfitLines) break;
    }
  } catch (error) {
    if (!(error instanceof LongLine)) throw error;
  }
  return spans;
}

function asSpan(line: Partial<SpanRecord> | undefined): SpanRecord | undefined {
  if (line === undefined) return undefined;
  const { traceId, spanId, name, part, startUs, endUs } = line;
  const told = [traceId, spanId, name, part].every((text) => typeof text === "string");
  if (!told || !Number.isFinite(startUs) || !Number.isFinite(endUs)) return undefined;
  return { ...line, attributes: line.attributes ?? {} } as SpanRecord;
}
