import type { Histogram } from "hdr-histogram-js";
import type { PhaseName } from "../common/match-day.ts";
import { HistogramSet } from "../measurements/histograms.ts";
import { tryParseKey } from "../measurements/keys.ts";
import type { GeneratorRecord } from "../measurements/run-record.ts";
import { recordedSeconds, type SecondView } from "../measurements/seconds.ts";
import type { Delivery } from "./contract.ts";
import type { DeliveryResult } from "./delivery.ts";
import { Measures } from "./measures.ts";
import type { Span, Stretch, Stretches } from "./stretches.ts";

/** What was observed, by the stretches that are judged as one. */
export interface JudgedParts {
  /** Those in which anything was observed. */
  stretches: readonly Stretch[];
  histogram(measure: string, stretches: readonly Stretch[]): Histogram | undefined;
  delivery(stretches: readonly Stretch[]): Delivery;
}

interface Recorded {
  generators: readonly GeneratorRecord[];
  seconds: readonly SecondView[];
  /** All that was recorded before the second with this index, by key; what comes from it on is read again. */
  calm: { untilIndex: number; histograms: HistogramSet };
  delivery: DeliveryResult;
}

/**
 * Puts what a run observed into stretches. A sample belongs to the second in which it was recorded: what a fault delays ends
 * while the fault lasts, or before the run is steady again. An event is owed from its publishing to its deadline.
 */
export function judgedParts(
  { generators, seconds, calm, delivery }: Recorded,
  stretches: Stretches,
): JudgedParts {
  const used = new Map<string, Stretch>();
  const partOf = (planned: PhaseName, span: Span) => {
    const stretch = stretches.of(planned, span);
    used.set(stretch.key, stretch);
    return stretch.key;
  };
  const parts = new Map<string, HistogramSet>();
  const put = (histograms: HistogramSet, span: Span) => {
    for (const [key, histogram] of histograms) {
      const { phase } = tryParseKey(key) ?? {};
      // Samples of no phase are the generators' on themselves.
      if (phase === undefined) continue;
      const part = partOf(phase, span);
      const set = parts.get(part) ?? new HistogramSet();
      parts.set(part, set);
      set.add(key.slice(0, key.lastIndexOf("@")), histogram);
    }
  };
  put(calm.histograms, { fromMs: 0, toMs: 0 });
  if (Number.isFinite(calm.untilIndex)) {
    const spans = new Map(seconds.map((second) => [second.index, second]));
    for (const { index, histograms } of recordedSeconds(generators, calm.untilIndex)) {
      put(histograms, spans.get(index) ?? { fromMs: index * 1000, toMs: index * 1000 + 1000 });
    }
  }
  const measures = new Measures<string>(
    [...parts].flatMap(([part, set]) => [...set].map(([key, histogram]) => ({ key, part, histogram }))),
  );
  const partOfEvent = new Map(delivery.events.map((event) => [event, partOf(event.phase, event.owed)]));
  const partOfStep = new Map(delivery.disorder.map((step) => [step, partOf(step.phase, step)]));
  return {
    stretches: [...used.values()],
    histogram: (measure, wanted) =>
      measures.histogram(
        measure,
        wanted.map(({ key }) => key),
      ),
    delivery: (wanted) => {
      const keys = new Set(wanted.map(({ key }) => key));
      return delivery.where(
        (event) => keys.has(partOfEvent.get(event)!),
        (step) => keys.has(partOfStep.get(step)!),
      );
    },
  };
}
