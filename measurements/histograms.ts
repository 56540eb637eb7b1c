/** HdrHistograms as the generators write them: V2, compressed, base64; microseconds, 1 to 3.6e9, 3 significant digits. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  JsHistogram,
} from "hdr-histogram-js";
import { ExitCode, MatchdayError } from "../common/errors.ts";

/** V2, compressed: the low half of the second byte is the word size, and says nothing here. */
const compressedV2Cookie = 0x1c849304;

/** An empty one to merge into. Counts are 64 bits wide: 200,000 clients sampled four times a second soon pass 2^31. */
export function emptyHistogram(): Histogram {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  histogram.autoResize = true;
  return histogram;
}

/** @throws MatchdayError HISTOGRAM_INVALID */
export function decodeHistogram(base64: string): Histogram {
  try {
    return decodeFromCompressedBase64(base64);
  } catch (cause) {
    throw new MatchdayError("HISTOGRAM_INVALID", "a histogram cannot be decoded", {
      hint: "the file was cut or altered after it was written; run again",
      exitCode: ExitCode.unknown,
      cause,
    });
  }
}

export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

/** Whether the text is a whole compressed histogram, by its cookie and length: cheap, and sure to see a cut. */
export function looksWhole(base64: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 8) return false;
  return (bytes.readInt32BE(0) & ~0xf0) === compressedV2Cookie && bytes.readInt32BE(4) === bytes.length - 8;
}

/** Merges; percentiles of the result are those of all samples together, never averages. */
export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const merged = emptyHistogram();
  for (const histogram of histograms) merged.add(histogram);
  return merged;
}

/** A value that grows as histograms are added to the keys they belong to. */
export class HistogramSet {
  readonly #byKey = new Map<string, Histogram>();

  add(key: string, histogram: Histogram): void {
    if (histogram.totalCount === 0) return;
    let merged = this.#byKey.get(key);
    if (!merged) {
      merged = emptyHistogram();
      this.#byKey.set(key, merged);
    }
    merged.add(histogram);
  }

  get(key: string): Histogram | undefined {
    return this.#byKey.get(key);
  }

  keys(): string[] {
    return [...this.#byKey.keys()].sort();
  }

  [Symbol.iterator](): Iterator<[string, Histogram]> {
    return this.#byKey[Symbol.iterator]();
  }
}

export interface LatencySummary {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
  count: number;
}

/** The q-th percentile (0 to 100) in milliseconds. */
export function percentileMs(histogram: Histogram, percentile: number): number {
  return histogram.getValueAtPercentile(percentile) / 1000;
}

/** @returns `undefined` when nothing was recorded. */
export function summaryOf(histogram: Histogram | undefined): LatencySummary | undefined {
  if (!histogram || histogram.totalCount === 0) return undefined;
  return {
    p50Ms: percentileMs(histogram, 50),
    p95Ms: percentileMs(histogram, 95),
    p99Ms: percentileMs(histogram, 99),
    p999Ms: percentileMs(histogram, 99.9),
    maxMs: histogram.maxValue / 1000,
    count: histogram.totalCount,
  };
}

/**
 * How many samples `isBeyond` holds for; it must hold for all values above one for which it holds. A sample counts as the
 * highest value of its slot, as it does in `getValueAtPercentile`.
 */
export function countBeyond(histogram: Histogram, isBeyond: (ms: number) => boolean): number {
  if (!(histogram instanceof JsHistogram))
    throw new TypeError("a WebAssembly histogram has no readable slots");
  if (histogram.totalCount === 0) return 0;
  const msOf = (slot: number) => histogram.highestEquivalentValue(histogram.valueFromIndex(slot)) / 1000;
  const last = histogram.countsArrayIndex(histogram.maxValue);
  // Bisection: all slots before `beyond` are within.
  let within = -1;
  let beyond = last + 1;
  while (beyond - within > 1) {
    const slot = Math.floor((within + beyond) / 2);
    if (isBeyond(msOf(slot))) beyond = slot;
    else within = slot;
  }
  let count = 0;
  for (let slot = beyond; slot <= last; slot++) count += histogram.getCountAtIndex(slot);
  return count;
}

/** The share of samples that `isBeyond` holds for, as `countBeyond` counts them. */
export function shareBeyond(histogram: Histogram, isBeyond: (ms: number) => boolean): number {
  return countBeyond(histogram, isBeyond) / histogram.totalCount;
}

/** The samples above a value, and the others. */
export function splitAbove(histogram: Histogram, ms: number): [above: Histogram, others: Histogram] {
  if (histogram.maxValue / 1000 <= ms) return [emptyHistogram(), histogram];
  if (!(histogram instanceof JsHistogram))
    throw new TypeError("a WebAssembly histogram has no readable slots");
  const [above, others] = [emptyHistogram(), emptyHistogram()];
  const last = histogram.countsArrayIndex(histogram.maxValue);
  for (let slot = 0; slot <= last; slot++) {
    const count = histogram.getCountAtIndex(slot);
    if (count === 0) continue;
    const value = histogram.highestEquivalentValue(histogram.valueFromIndex(slot));
    (value / 1000 > ms ? above : others).recordValueWithCount(value, count);
  }
  return [above, others];
}
