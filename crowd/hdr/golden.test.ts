import { readFileSync } from "node:fs";
import { decodeFromCompressedBase64, HistogramLogReader } from "hdr-histogram-js";
import { expect, test } from "vitest";

interface GoldenLine {
  tag: string;
  fromMs: number;
  count: number;
  maxUs: number;
  percentiles: Record<string, number>;
}

const read = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), "utf8");
const log = read("golden.hlog");
const lines: GoldenLine[] = JSON.parse(read("golden.json"));
const startMs = 1_795_266_000_250;

test("hdr-histogram-js reads a generator's log as Go wrote it", () => {
  const reader = new HistogramLogReader(log);
  for (const line of lines) {
    const histogram = reader.nextIntervalHistogram();
    expect(histogram).not.toBeNull();
    expect(histogram?.tag).toBe(line.tag);
    expect(histogram?.startTimeStampMsec).toBe(startMs + line.fromMs);
    expect(histogram?.endTimeStampMsec).toBe(startMs + line.fromMs + 1000);
    expect(histogram?.totalCount).toBe(line.count);
    expect(histogram?.maxValue).toBe(line.maxUs);
    for (const [percentile, us] of Object.entries(line.percentiles)) {
      expect(histogram?.getValueAtPercentile(Number(percentile))).toBe(us);
    }
  }
  expect(reader.nextIntervalHistogram()).toBeNull();
});

test("a payload alone is what an interval carries", () => {
  const payloads = log
    .split("\n")
    .filter((line) => line.startsWith("Tag="))
    .map((line) => line.slice(line.lastIndexOf(",") + 1));
  expect(payloads).toHaveLength(lines.length);
  for (const [i, payload] of payloads.entries()) {
    expect(decodeFromCompressedBase64(payload).totalCount).toBe(lines[i]?.count);
  }
});
