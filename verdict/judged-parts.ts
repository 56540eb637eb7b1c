import type { Histogram } from "hdr-histogram-js";
import type { PhaseName } from "../common/match-day.ts";
import { HistogramSet, splitAbove } from "../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { GeneratorRecord } from "../measurements/run-record.ts";
import { recordedSeconds, type SecondView } from "../measurements/seconds.ts";
import type { Delivery } from "./contract.ts";
import type { DeliveryResult } from "./delivery.ts";
import { Measures } from "./measures.ts";
import type { Band, Span, Stretch, Stretches } from "./stretches.ts";

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
  /** The widest target of a measure; Infinity where it has none. */
  slowestAllowedMs(measure: string): number;
}

/** Samples by the stretch that the second belongs to in which they were recorded. */
export class StretchSamples {
  readonly stretches = new Map<string, Stretch>();
  readonly #parts = new Map<string, HistogramSet>();

  /** @param stretchOf of the phase that was planned for samples */
  add(histograms: HistogramSet, stretchOf: (planned: PhaseName) => Stretch): void {
    this.addBands(histograms, (_, planned) => [
      { overMs: 0, upToMs: Number.POSITIVE_INFINITY, stretch: stretchOf(planned) },
    ]);
  }

  /** @param bandsOf of a measure, and of the phase that was planned for its samples */
  addBands(histograms: HistogramSet, bandsOf: (measure: string, planned: PhaseName) => Band[]): void {
    for (const [key, histogram] of histograms) {
      const { phase, ...measure } = tryParseKey(key) ?? { name: "", labels: {} };
      // Samples of no phase are the generators' on themselves.
      if (phase === undefined) continue;
      let rest = histogram;
      for (const { overMs, stretch } of bandsOf(formatKey(measure), phase).toReversed()) {
        const [above, others] = overMs === 0 ? [rest, undefined] : splitAbove(rest, overMs);
        if (above.totalCount > 0) this.#put(stretch, key, above);
        if (others === undefined) break;
        rest = others;
      }
    }
  }

  #put(stretch: Stretch, key: string, histogram: Histogram): void {
    this.stretches.set(stretch.key, stretch);
    const set = this.#parts.get(stretch.key) ?? new HistogramSet();
    this.#parts.set(stretch.key, set);
    set.add(key.slice(0, key.lastIndexOf("@")), histogram);
  }

  /** All that was added so far, by the key of its stretch. */
  measures(): Measures<string> {
    return new Measures(
      [...this.#parts].flatMap(([part, set]) =>
        [...set].map(([key, histogram]) => ({ key, part, histogram })),
      ),
    );
  }
}

/**
 * Puts what a run observed into stretches. A sample belongs to the second in which it was recorded: what a fault delays ends
 * while the fault lasts, or before the run is steady again. An event is owed from its publishing to its deadline.
 */
export function judgedParts(
  { generators, seconds, calm, delivery, slowestAllowedMs }: Recorded,
  stretches: Stretches,
): JudgedParts {
  const samples = new StretchSamples();
  samples.add(calm.histograms, (planned) => stretches.of(planned, { fromMs: 0, toMs: 0 }));
  if (Number.isFinite(calm.untilIndex)) {
    const spans = new Map(seconds.map((second) => [second.index, second]));
    for (const { index, histograms } of recordedSeconds(generators, calm.untilIndex)) {
      const span = spans.get(index) ?? { fromMs: index * 1000, toMs: index * 1000 + 1000 };
      samples.addBands(histograms, (measure, planned) =>
        stretches.bands(planned, span, slowestAllowedMs(measure)),
      );
    }
  }
  const measures = samples.measures();
  const used = new Map(samples.stretches);
  const partOf = (planned: PhaseName, span: Span) => {
    const stretch = stretches.of(planned, span);
    used.set(stretch.key, stretch);
    return stretch.key;
  };
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
