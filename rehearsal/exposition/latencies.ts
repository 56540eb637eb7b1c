import type { Histogram } from "hdr-histogram-js";
import type { Measure } from "../../measurements/catalogue.ts";
import { type CumulativeBuckets, cumulativeBuckets } from "../../measurements/cumulative.ts";
import { type HistogramSet, summaryOf } from "../../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../../measurements/keys.ts";
import { bucketBounds, histogramName, quantiles } from "../../measurements/metrics.ts";
import { Measures } from "../../verdict/measures.ts";
import type { Sample } from "./sample.ts";

/** Cumulative histograms of the run so far; what has not grown since the last time is not walked again. */
export class RunHistograms {
  readonly #known = new Map<string, CumulativeBuckets & { labels: Record<string, string> }>();

  samples(measure: Measure, byKey: HistogramSet): Sample[] {
    return [...byKey].flatMap(([text, histogram]) => {
      const key = tryParseKey(text);
      return key?.name === measure.name ? this.#samplesOf(text, measure, histogram) : [];
    });
  }

  #samplesOf(text: string, measure: Measure, histogram: Histogram): Sample[] {
    const known = this.#known.get(text);
    const buckets =
      known?.count === histogram.totalCount
        ? known
        : {
            ...cumulativeBuckets(histogram, bucketBounds),
            labels: known?.labels ?? labelsOf(text, measure),
          };
    this.#known.set(text, buckets);
    const name = histogramName(measure.name);
    const { labels: sharedLabels, upTo, count, sumSeconds } = buckets;
    const bucket = (le: number | string, value: number): Sample => ({
      metricName: `${name}_bucket`,
      labels: { le },
      sharedLabels,
      value,
    });
    return [
      ...bucketBounds.map((bound, index) => bucket(bound, upTo[index]!)),
      bucket("+Inf", count),
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sumSeconds },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}

function labelsOf(text: string, measure: Measure): Record<string, string> {
  const { labels, phase = "" } = tryParseKey(text)!;
  return { ...Object.fromEntries(measure.labels.map((label) => [label, labels[label] ?? ""])), phase };
}

/** Exact quantiles of one second, over its phases; `all` stands for every value of a label. */
export function quantileSamples(measure: Measure, second: HistogramSet): Sample[] {
  const measures = new Measures(second);
  return measures.names.flatMap((text) => {
    const { name, labels } = tryParseKey(text)!;
    const summary =
      name === measure.name ? summaryOf(measures.histogram(formatKey({ name, labels }))) : undefined;
    if (!summary) return [];
    const values = [summary.p50Ms, summary.p95Ms, summary.p99Ms, summary.maxMs];
    const own = Object.fromEntries(measure.labels.map((label) => [label, labels[label] ?? "all"]));
    return quantiles.map((quantile, index) => ({
      value: values[index]! / 1000,
      labels: { ...own, quantile },
    }));
  });
}
