import { expect, test } from "vitest";
import { cumulativeBuckets, WhenGrown } from "./cumulative.ts";
import { emptyHistogram, percentileMs } from "./histograms.ts";
import { bucketBounds } from "./metrics.ts";

function recorded(valuesUs: readonly number[]) {
  const histogram = emptyHistogram();
  for (const value of valuesUs) histogram.recordValue(value);
  return histogram;
}

/** What Prometheus' `histogram_quantile` answers: linear within the bucket that holds the rank. */
function histogramQuantile(quantile: number, { upTo, count }: { upTo: readonly number[]; count: number }) {
  const rank = quantile * count;
  const index = upTo.findIndex((seen) => seen >= rank);
  const [from, to] = [bucketBounds[index - 1] ?? 0, bucketBounds[index]!];
  const before = upTo[index - 1] ?? 0;
  return { seconds: from + ((to - from) * (rank - before)) / (upTo[index]! - before), from, to };
}

test("counts up to each bound, all samples, and their sum", () => {
  const buckets = cumulativeBuckets(recorded([0, 400, 499_000, 1_200_000, 90_000_000]), [0.0005, 0.5, 1, 2]);
  expect(buckets.upTo).toEqual([2, 3, 3, 4]);
  expect(buckets.count).toBe(5);
  expect(Math.abs(buckets.sumSeconds / 91.6994 - 1)).toBeLessThan(0.001);
  expect(cumulativeBuckets(emptyHistogram(), [1, 2])).toEqual({ upTo: [0, 0], count: 0, sumSeconds: 0 });
});

test("a bound takes in the whole slot that it falls into, and nothing above it", () => {
  const highest = recorded([2_000_000]).getValueAtPercentile(50);
  expect(highest).toBeLessThan(2_000_000 * 1.001);
  const upTo = (valueUs: number) => cumulativeBuckets(recorded([valueUs]), [2]).upTo;
  expect(upTo(highest)).toEqual([1]);
  expect(upTo(highest + 1)).toEqual([0]);
});

test("a quantile of the buckets is in the bucket of the exact one", () => {
  // A tail over four decades, from a fixed sequence.
  let state = 7;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const histogram = recorded(Array.from({ length: 5000 }, () => Math.round(800 / (1.0001 - random()))));
  const buckets = cumulativeBuckets(histogram, bucketBounds);
  for (const quantile of [0.5, 0.95, 0.99]) {
    const { seconds, from, to } = histogramQuantile(quantile, buckets);
    const exact = percentileMs(histogram, quantile * 100) / 1000;
    expect(exact).toBeGreaterThanOrEqual(from);
    expect(exact).toBeLessThanOrEqual(to * 1.001);
    expect(Math.abs(seconds - exact)).toBeLessThanOrEqual(to - from);
  }
});

test("what has not grown is not worked out again", () => {
  const grown = new WhenGrown<number>();
  let works = 0;
  const ask = (totalCount: number) => grown.of("a", { totalCount }, () => ++works);
  expect([ask(1), ask(1), ask(2), ask(2)]).toEqual([1, 1, 2, 2]);
});
