import { HistogramLogWriter } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { HistogramLogEntry, readHistogramLog } from "./histogram-log.ts";
import {
  decodeHistogram,
  emptyHistogram,
  encodeHistogram,
  looksWhole,
  mergeHistograms,
  shareBeyond,
  summaryOf,
} from "./histograms.ts";
import { formatKey, parseKey, tryParseKey } from "./keys.ts";

function histogram(valuesUs: readonly number[]) {
  const made = emptyHistogram();
  for (const value of valuesUs) made.recordValue(value);
  return made;
}

test("what is written is read back, in milliseconds", () => {
  const back = decodeHistogram(encodeHistogram(histogram([1000, 2000, 3000, 250_000])));
  const summary = summaryOf(back)!;
  expect(summary.count).toBe(4);
  expect(summary.p50Ms).toBeCloseTo(2, 2);
  expect(summary.p99Ms).toBeCloseTo(250, 0);
  expect(summary.maxMs).toBeCloseTo(250, 0);
  expect(summaryOf(emptyHistogram())).toBeUndefined();
});

test("percentiles of a merge are those of all samples", () => {
  const many = histogram(Array<number>(990).fill(1000));
  const few = histogram(Array<number>(10).fill(500_000));
  const merged = summaryOf(mergeHistograms([many, few]))!;
  // The average of the two would be 250 ms.
  expect(merged.p50Ms).toBeCloseTo(1, 2);
  expect(merged.p99Ms).toBeCloseTo(1, 2);
  expect(merged.p999Ms).toBeCloseTo(500, 0);
});

test("the share beyond a target agrees with the percentiles", () => {
  const made = histogram(Array.from({ length: 1000 }, (_, index) => (index + 1) * 1000));
  expect(shareBeyond(made, (ms) => ms >= 991)).toBeCloseTo(0.01, 9);
  expect(shareBeyond(made, () => false)).toBe(0);
  expect(shareBeyond(made, () => true)).toBe(1);
});

test("garbage is an error with a code, and a cut histogram is seen without decoding", () => {
  const whole = encodeHistogram(histogram([5000]));
  expect(looksWhole(whole)).toBe(true);
  expect(looksWhole(whole.slice(0, -8))).toBe(false);
  expect(looksWhole("AAAA")).toBe(false);
  expect(() => decodeHistogram(whole.slice(0, 20))).toThrow(
    expect.objectContaining({ code: "HISTOGRAM_INVALID" }),
  );
});

test.each([
  ["connect", { name: "connect", labels: {} }],
  ["event_age{class=goal}", { name: "event_age", labels: { class: "goal" } }],
  ["connect@arrive", { name: "connect", labels: {}, phase: "arrive" }],
  [
    "request{method=GET,step=pay}@fault",
    { name: "request", labels: { method: "GET", step: "pay" }, phase: "fault" },
  ],
])("key %s", (key, parsed) => {
  expect(parseKey(key)).toEqual(parsed);
  expect(formatKey(parseKey(key))).toBe(key);
});

test.each(["", "Connect", "a@nowhere", "a{b}", "a{b=c", "a{=c}", "a{b=c}x", "a{b=c@fault}"])(
  "no key: %j",
  (key) => {
    expect(tryParseKey(key)).toBeUndefined();
    expect(() => parseKey(key)).toThrow(expect.objectContaining({ code: "MEASURE_KEY_INVALID" }));
  },
);

test("a standard log with tags, absolute times and a legend", () => {
  const startAtUs = 1_795_000_000_000_000;
  let text = "";
  const writer = new HistogramLogWriter((line) => {
    text += line;
  });
  writer.outputLogFormatVersion();
  writer.outputStartTime(startAtUs / 1000);
  writer.outputLegend();
  const goal = histogram([40_000]);
  goal.tag = "event_age{class=goal}@fault";
  writer.outputIntervalHistogram(goal, startAtUs / 1e6 + 3, startAtUs / 1e6 + 4);
  const { entries, badLines } = readHistogramLog(text, startAtUs);
  expect(badLines).toEqual([]);
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ key: "event_age{class=goal}@fault", fromMs: 3000, toMs: 4000 });
  expect(entries[0]!.histogram.totalCount).toBe(1);
});

test("a log relative to the start, to a base time, with commas in a tag, and with a cut line", () => {
  const encoded = encodeHistogram(histogram([7000]));
  const relative = readHistogramLog(
    `Tag=a{b=c,d=e},1.000,1.000,7.0,${encoded}\n\n2.0,1.0,7.0,${encoded}\n`,
    5e15,
  );
  expect(relative.entries.map(({ key, fromMs, toMs }) => ({ key, fromMs, toMs }))).toEqual([
    { key: "a{b=c,d=e}", fromMs: 1000, toMs: 2000 },
    { key: "", fromMs: 2000, toMs: 3000 },
  ]);
  const based = readHistogramLog(
    `#[BaseTime: 1795000000.000 (seconds since epoch)]\r\nTag=x,1.500,1.000,7.0,${encoded}\r\nTag=x,2.5,1.0,7.0,${encoded.slice(0, 30)}`,
    1_795_000_000_000_000,
  );
  expect(based.entries.map(({ fromMs }) => fromMs)).toEqual([1500]);
  expect(based.badLines).toEqual([3]);
});

test("an entry is decoded when it is asked for", () => {
  const entry = new HistogramLogEntry({ fromMs: 0, toMs: 1000 }, "x", "AAAA");
  expect(() => entry.histogram).toThrow(expect.objectContaining({ code: "HISTOGRAM_INVALID" }));
});
