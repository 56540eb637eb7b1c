import { expect, test } from "vitest";
import { formatTraceparent, parseTraceparent } from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test("reads what the specification shows, and writes it again", () => {
  for (const [flags, sampled] of [
    ["01", true],
    ["00", false],
  ] as const) {
    const header = `00-${traceId}-${spanId}-${flags}`;
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, sampled });
    expect(formatTraceparent({ traceId, spanId, sampled })).toBe(header);
  }
});

test("only the lowest flag says sampled; the others mean nothing yet", () => {
  expect(parseTraceparent(`00-${traceId}-${spanId}-03`)?.sampled).toBe(true);
  expect(parseTraceparent(`00-${traceId}-${spanId}-fe`)?.sampled).toBe(false);
});

test("of a later version, what this one knows is read", () => {
  expect(parseTraceparent(`cc-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, sampled: true });
  expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-the-future-holds`)?.traceId).toBe(traceId);
});

test.each([
  ["nothing", undefined],
  ["an empty header", ""],
  ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
  ["a parent id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["version ff", `ff-${traceId}-${spanId}-01`],
  ["version 00 with more behind it", `00-${traceId}-${spanId}-01-more`],
  ["a later version that does not go on with a dash", `cc-${traceId}-${spanId}-01.more`],
  ["a short trace id", `00-${traceId.slice(1)}-${spanId}-01`],
  ["a long parent id", `00-${traceId}-${spanId}0-01`],
  ["one digit of flags", `00-${traceId}-${spanId}-1`],
  ["no flags", `00-${traceId}-${spanId}`],
  ["other separators", `00_${traceId}_${spanId}_01`],
  ["space around it", ` 00-${traceId}-${spanId}-01 `],
  ["two of them, as HTTP joins them", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
])("%s is no context", (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
