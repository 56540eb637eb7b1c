import { type Histogram, JsHistogram } from "hdr-histogram-js";

/** Counts of many HdrHistograms added up: percentiles of the merged samples, never averages of percentiles. */
export class MergedCounts {
  #shape: JsHistogram | undefined;
  #counts = new Float64Array(2048);
  #first = Number.POSITIVE_INFINITY;
  #last = -1;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Only the occupied stretch is walked: an interval has a few hundred of the 23,000 slots in use. */
  add(histogram: Histogram): void {
    if (!(histogram instanceof JsHistogram))
      throw new TypeError("a WebAssembly histogram has no readable slots");
    if (histogram.totalCount === 0) return;
    this.#shape ??= histogram;
    const shape = this.#shape;
    const sameShape =
      shape.subBucketCount === histogram.subBucketCount && shape.unitMagnitude === histogram.unitMagnitude;
    const zeros = histogram.getCountAtIndex(0);
    if (zeros > 0) this.#count(0, zeros);
    const from = Math.max(
      1,
      histogram.countsArrayIndex(Math.min(histogram.minNonZeroValue, histogram.maxValue)),
    );
    const to = histogram.countsArrayIndex(histogram.maxValue);
    let left = histogram.totalCount - zeros;
    for (let slot = from; slot <= to && left > 0; slot++) {
      const count = histogram.getCountAtIndex(slot);
      if (count === 0) continue;
      left -= count;
      this.#count(sameShape ? slot : shape.countsArrayIndex(histogram.valueFromIndex(slot)), count);
    }
  }

  addAll(other: MergedCounts): void {
    this.#shape ??= other.#shape;
    for (let slot = other.#first; slot <= other.#last; slot++) {
      const count = other.#counts[slot]!;
      if (count > 0) this.#count(slot, count);
    }
  }

  /** The value that `percentile` per cent of the samples do not exceed, as HdrHistogram has it. */
  valueAt(percentile: number): number | null {
    if (this.#total === 0 || this.#shape === undefined) return null;
    // The subtracted part is for products such as 0.999 * 1000 that come out a hair above the whole number.
    const wanted = Math.max(1, Math.ceil((percentile / 100) * this.#total - 1e-9 * this.#total));
    let seen = 0;
    for (let slot = this.#first; slot <= this.#last; slot++) {
      seen += this.#counts[slot]!;
      if (seen >= wanted) return this.#shape.highestEquivalentValue(this.#shape.valueFromIndex(slot));
    }
    return null;
  }

  /** Calls back with every value that was seen and how often, from the smallest on. */
  forEach(each: (value: number, count: number) => void): void {
    if (this.#shape === undefined) return;
    for (let slot = this.#first; slot <= this.#last; slot++) {
      const count = this.#counts[slot]!;
      if (count > 0) each(this.#shape.valueFromIndex(slot), count);
    }
  }

  #count(slot: number, count: number): void {
    if (slot >= this.#counts.length) {
      const wider = new Float64Array(slot * 2);
      wider.set(this.#counts);
      this.#counts = wider;
    }
    this.#counts[slot]! += count;
    this.#total += count;
    if (slot < this.#first) this.#first = slot;
    if (slot > this.#last) this.#last = slot;
  }
}
