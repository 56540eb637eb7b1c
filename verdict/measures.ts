import type { Histogram } from "hdr-histogram-js";
import type { PhaseName } from "../common/match-day.ts";
import { type HistogramSet, mergeHistograms, summaryOf } from "../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { MeasureSummary } from "./contract.ts";

/** Samples under a key as it is written, of one part of the run: a phase, or a stretch. */
export interface PartSamples<Part extends string> {
  key: string;
  part: Part;
  histogram: Histogram;
}

/**
 * Histograms by measure (`event_age`, `event_age{class=goal}`) and part of the run. A measure that is written only with
 * labels is there without them too, merged over all of them.
 */
export class Measures<Part extends string = PhaseName | ""> {
  readonly #parts = new Map<string, Map<Part, Histogram[]>>();

  /** Keys that are none: their samples are not in any measure. */
  readonly invalidKeys: string[] = [];

  constructor(samples: Iterable<PartSamples<Part>>) {
    const parsed = [...samples].flatMap(({ key: text, part, histogram }) => {
      const key = tryParseKey(text);
      if (!key) this.invalidKeys.push(text);
      return key ? [{ ...key, part, histogram }] : [];
    });
    const plain = new Set(
      parsed.filter(({ labels }) => Object.keys(labels).length === 0).map(({ name }) => name),
    );
    for (const { name, labels, part, histogram } of parsed) {
      const measure = formatKey({ name, labels });
      this.#add(measure, part, histogram);
      if (measure !== name && !plain.has(name)) this.#add(name, part, histogram);
    }
  }

  #add(measure: string, part: Part, histogram: Histogram): void {
    const parts = this.#parts.get(measure) ?? new Map<Part, Histogram[]>();
    this.#parts.set(measure, parts);
    parts.set(part, [...(parts.get(part) ?? []), histogram]);
  }

  get names(): string[] {
    return [...this.#parts.keys()].sort();
  }

  /** All samples of a measure, or those of the given parts; `undefined` when there are none. */
  histogram(measure: string, parts: readonly Part[] | "all" = "all"): Histogram | undefined {
    const known = this.#parts.get(measure);
    if (!known) return undefined;
    const wanted = parts === "all" ? [...known.values()] : parts.map((part) => known.get(part) ?? []);
    const histograms = wanted.flat();
    return histograms.length === 0 ? undefined : mergeHistograms(histograms);
  }

  summary(measure: string, parts: readonly Part[] | "all" = "all"): MeasureSummary | undefined {
    return summaryOf(this.histogram(measure, parts));
  }

  /** Summaries of every measure that has samples. */
  summaries(parts: readonly Part[] | "all" = "all"): Record<string, MeasureSummary> {
    const entries = this.names.map((name) => [name, this.summary(name, parts)] as const);
    return Object.fromEntries(
      entries.filter((entry): entry is [string, MeasureSummary] => entry[1] !== undefined),
    );
  }
}

/** By the phase that samples were due in. Samples of no phase count for the whole run only. */
export function measuresByPhase(byKey: HistogramSet): Measures {
  return new Measures(
    [...byKey].map(([key, histogram]) => ({ key, part: tryParseKey(key)?.phase ?? "", histogram })),
  );
}
