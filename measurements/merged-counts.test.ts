import { build } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { MergedCounts } from "./merged-counts.ts";

function histogramOf(values: number[], digits: 2 | 3 = 3) {
  const histogram = build({ numberOfSignificantValueDigits: digits, highestTrackableValue: 2 });
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

const manyValues = Array.from(
  { length: 5000 },
  (_, index) => 1 + ((index * 7919) % 99_991) * ((index % 13) + 1),
);

test("merged percentiles are those of the library over all samples together", () => {
  const merged = new MergedCounts();
  const whole = histogramOf(manyValues);
  for (let part = 0; part < 5; part++) {
    merged.add(histogramOf(manyValues.filter((_, index) => index % 5 === part)));
  }
  expect(merged.total).toBe(manyValues.length);
  for (const percentile of [0.01, 1, 25, 50, 90, 95, 99, 99.9, 99.99, 100]) {
    expect(merged.valueAt(percentile), `p${percentile}`).toBe(whole.getValueAtPercentile(percentile));
  }
});

test("a percentile of the merge is not the average of percentiles", () => {
  const merged = new MergedCounts();
  merged.add(histogramOf(new Array(990).fill(1000)));
  merged.add(histogramOf(new Array(10).fill(1_000_000)));
  expect(merged.valueAt(99)).toBe(1000);
  expect(merged.valueAt(99.1)! / 1_000_000).toBeCloseTo(1, 2);
});

test("zeros count, and histograms of another precision are merged by value", () => {
  const merged = new MergedCounts();
  merged.add(histogramOf([0, 0, 500]));
  merged.add(histogramOf([500, 40_000], 2));
  expect(merged.total).toBe(5);
  expect(merged.valueAt(40)).toBe(0);
  expect(merged.valueAt(80)! / 500).toBeCloseTo(1, 1);
  expect(merged.valueAt(100)! / 40_000).toBeCloseTo(1, 1);
});

test("nothing recorded has no percentile", () => {
  const merged = new MergedCounts();
  merged.add(histogramOf([]));
  expect(merged.total).toBe(0);
  expect(merged.valueAt(50)).toBeNull();
});
