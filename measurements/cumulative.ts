import { type Histogram, JsHistogram } from "hdr-histogram-js";

const usPerSecond = 1e6;

/** A histogram as Prometheus has it, in seconds. */
export interface CumulativeBuckets {
  /** Samples up to each bound, in the order of the bounds. */
  upTo: number[];
  count: number;
  sumSeconds: number;
}

function slotsOf(histogram: Histogram): JsHistogram {
  if (histogram instanceof JsHistogram) return histogram;
  throw new TypeError("a WebAssembly histogram has no readable slots");
}

/**
 * How many samples an HdrHistogram has up to each bound, and their sum. A slot that a bound falls into is counted with
 * that bound, as HdrHistogram's own percentiles do: with three significant digits a bound is then up to a thousandth
 * too high. The sum takes each sample at the middle of its slot, as HdrHistogram's mean does.
 * @param boundsSeconds ascending
 */
export function cumulativeBuckets(histogram: Histogram, boundsSeconds: readonly number[]): CumulativeBuckets {
  const slots = slotsOf(histogram);
  const buckets: CumulativeBuckets = { upTo: [], count: histogram.totalCount, sumSeconds: 0 };
  const last = slots.countsArrayIndex(slots.maxValue);
  let seen = 0;
  let sumUs = 0;
  let slot =
    slots.getCountAtIndex(0) > 0
      ? 0
      : slots.countsArrayIndex(Math.min(slots.minNonZeroValue, slots.maxValue));
  const walk = (through: number) => {
    for (; slot <= Math.min(through, last); slot++) {
      const count = slots.getCountAtIndex(slot);
      if (count === 0) continue;
      seen += count;
      sumUs += count * slots.medianEquivalentValue(slots.valueFromIndex(slot));
    }
  };
  for (const bound of boundsSeconds) {
    walk(slots.countsArrayIndex(Math.round(bound * usPerSecond)));
    buckets.upTo.push(seen);
  }
  walk(last);
  buckets.sumSeconds = sumUs / usPerSecond;
  return buckets;
}

/** What is worked out from histograms that only grow: again only for those that have grown. */
export class WhenGrown<Value> {
  readonly #known = new Map<string, { count: number; value: Value }>();

  of(key: string, { totalCount: count }: Pick<Histogram, "totalCount">, work: () => Value): Value {
    const known = this.#known.get(key);
    if (known?.count === count) return known.value;
    const value = work();
    this.#known.set(key, { count, value });
    return value;
  }
}
