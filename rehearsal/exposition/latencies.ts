import type { Histogram } from "hdr-histogram-js";
import type { Measure } from "../../measurements/catalogue.ts";
import { cumulativeBuckets, WhenGrown } from "../../measurements/cumulative.ts";
import { type HistogramSet, summaryOf } from "../../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../../measurements/keys.ts";
import { bucketBounds, histogramName, quantiles } from "../../measurements/metrics.ts";
import { measuresByPhase } from "../../verdict/measures.ts";
import type { Sample } from "./sample.ts";

/** Cumulative histograms of the run so far. */
export class RunHistograms {
  readonly #samples = new WhenGrown<Sample[]>();

  samples(measure: Measure, byKey: HistogramSet): Sample[] {
    return [...byKey].flatMap(([text, histogram]) =>
      tryParseKey(text)?.name === measure.name
        ? this.#samples.of(text, histogram, () => histogramSamples(text, measure, histogram))
        : [],
    );
  }
}

function histogramSamples(text: string, measure: Measure, histogram: Histogram): Sample[] {
  const name = histogramName(measure.name);
  const sharedLabels = labelsOf(text, measure);
  const { upTo, count, sumSeconds } = cumulativeBuckets(histogram, bucketBounds);
  const line = (suffix: string, value: number, labels = {}): Sample => ({
    metricName: `${name}_${suffix}`,
    labels,
    sharedLabels,
    value,
  });
  return [
    ...bucketBounds.map((le, index) => line("bucket", upTo[index]!, { le })),
    line("bucket", count, { le: "+Inf" }),
    line("sum", sumSeconds),
    line("count", count),
  ];
}

function labelsOf(text: string, measure: Measure): Record<string, string> {
  const { labels, phase = "" } = tryParseKey(text)!;
  return { ...Object.fromEntries(measure.labels.map((label) => [label, labels[label] ?? ""])), phase };
}

/** Exact quantiles of one second, over its phases; `all` stands for every value of a label. */
export function quantileSamples(measure: Measure, second: HistogramSet): Sample[] {
  const measures = measuresByPhase(second);
  return measures.names.flatMap((text) => {
    const { name, labels } = tryParseKey(text)!;
    const summary =
      name === measure.name ? summaryOf(measures.histogram(formatKey({ name, labels }))) : undefined;
    if (!summary) return [];
    const values = [summary.p50Ms, summary.p95Ms, summary.p99Ms, summary.maxMs];
    const own = Object.fromEntries(measure.labels.map((label) => [label, labels[label] ?? "all"]));
    return quantiles.map((quantile, index) => ({
      value: values[index]! / 1000,
      labels: { ...own, q: quantile },
    }));
  });
}
