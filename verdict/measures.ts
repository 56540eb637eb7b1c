import type { Histogram } from "hdr-histogram-js";
import type { PhaseName } from "../common/match-day.ts";
import { type HistogramSet, mergeHistograms, summaryOf } from "../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { MeasureSummary } from "./contract.ts";

/**
 * The run's histograms by measure (`event_age`, `event_age{class=goal}`) and phase. A measure that is written only with
 * labels is there without them too, merged over all of them.
 */
export class Measures {
  /** Measure → phase, or "" for samples of no phase → histograms. */
  readonly #parts = new Map<string, Map<PhaseName | "", Histogram[]>>();

  /** Keys that are none: their samples are not in any measure. */
  readonly invalidKeys: string[] = [];

  constructor(byKey: HistogramSet) {
    const parsed = [...byKey].flatMap(([text, histogram]) => {
      const key = tryParseKey(text);
      if (!key) this.invalidKeys.push(text);
      return key ? [{ ...key, histogram }] : [];
    });
    const plain = new Set(
      parsed.filter(({ labels }) => Object.keys(labels).length === 0).map(({ name }) => name),
    );
    for (const { name, labels, phase = "", histogram } of parsed) {
      const measure = formatKey({ name, labels });
      this.#add(measure, phase, histogram);
      if (measure !== name && !plain.has(name)) this.#add(name, phase, histogram);
    }
  }

  #add(measure: string, phase: PhaseName | "", histogram: Histogram): void {
    const phases = this.#parts.get(measure) ?? new Map<PhaseName | "", Histogram[]>();
    this.#parts.set(measure, phases);
    phases.set(phase, [...(phases.get(phase) ?? []), histogram]);
  }

  get names(): string[] {
    return [...this.#parts.keys()].sort();
  }

  /**
   * All samples of a measure, or those that were due in the given phases; `undefined` when there are none. Samples of
   * no phase count for the whole run only.
   */
  histogram(measure: string, phases: readonly PhaseName[] | "all" = "all"): Histogram | undefined {
    const parts = this.#parts.get(measure);
    if (!parts) return undefined;
    const wanted = phases === "all" ? [...parts.values()] : phases.map((phase) => parts.get(phase) ?? []);
    const histograms = wanted.flat();
    return histograms.length === 0 ? undefined : mergeHistograms(histograms);
  }

  summary(measure: string, phases: readonly PhaseName[] | "all" = "all"): MeasureSummary | undefined {
    return summaryOf(this.histogram(measure, phases));
  }

  /** Summaries of every measure that has samples. */
  summaries(phases: readonly PhaseName[] | "all" = "all"): Record<string, MeasureSummary> {
    const entries = this.names.map((name) => [name, this.summary(name, phases)] as const);
    return Object.fromEntries(
      entries.filter((entry): entry is [string, MeasureSummary] => entry[1] !== undefined),
    );
  }
}
