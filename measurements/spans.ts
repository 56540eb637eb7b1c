import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { openInput } from "../common/read-input.ts";
import type { SpanRecord } from "../common/records.ts";
import { parseObject } from "./json-lines.ts";

/** All that a rehearsal keeps: 100,000 of the stack and as many of the crowd. */
const mostSpans = 200_000;

/** Reads `spans.jsonl`, a line at a time, since it may be large; what is no whole span is left out. */
export async function readSpans(path: string, most = mostSpans): Promise<SpanRecord[]> {
  const input = createReadStream("", { fd: openInput(path) });
  const spans: SpanRecord[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const span = asSpan(parseObject(line));
    if (span) spans.push(span);
    if (spans.length === most) break;
  }
  input.destroy();
  return spans;
}

function asSpan(line: Partial<SpanRecord> | undefined): SpanRecord | undefined {
  if (line === undefined) return undefined;
  const { traceId, spanId, name, part, startUs, endUs } = line;
  const told = [traceId, spanId, name, part].every((text) => typeof text === "string");
  if (!told || !Number.isFinite(startUs) || !Number.isFinite(endUs)) return undefined;
  return { ...line, attributes: line.attributes ?? {} } as SpanRecord;
}
