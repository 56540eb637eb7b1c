import type { Histogram } from "hdr-histogram-js";
import type { HistogramSet } from "../measurements/histograms.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { Objective } from "./contract.ts";
import { addTo, countBad, type EventCount, thresholdOf } from "./event-counts.ts";
import { parseMeasureSpec } from "./measure-spec.ts";

interface Wanted {
  measure: string;
  threshold: ReturnType<typeof thresholdOf>;
  /** From keys that are the measure as it stands. */
  exact: Map<number, EventCount>;
  /** From keys of the measure with labels: counted where nothing is written without them, as `Measures` has it. */
  labelled: Map<number, EventCount>;
}

/**
 * Good and bad samples of each second, for each latency that is an SLO: counted as the seconds of a run are merged, so that no
 * second's histograms have to be kept.
 */
export class LatencyCounts {
  readonly #wanted = new Map<string, Wanted>();

  constructor(objectives: readonly Objective[]) {
    for (const objective of objectives) {
      const id = idOf(objective);
      if (id === undefined || !objective.slo) continue;
      const { measure } = parseMeasureSpec(objective.measure) as { measure: string };
      const threshold = thresholdOf(objective);
      this.#wanted.set(id, { measure, threshold, exact: new Map(), labelled: new Map() });
    }
  }

  /** Takes in one second's histograms, by key as written. */
  add(index: number, histograms: HistogramSet): void {
    if (this.#wanted.size === 0) return;
    for (const [key, histogram] of histograms) {
      const parsed = tryParseKey(key);
      if (!parsed) continue;
      const measure = formatKey({ name: parsed.name, labels: parsed.labels });
      for (const wanted of this.#wanted.values())
        this.#count(wanted, index, { ...parsed, measure }, histogram);
    }
  }

  #count(
    { measure, threshold, exact, labelled }: Wanted,
    index: number,
    key: { name: string; measure: string },
    histogram: Histogram,
  ): void {
    if (measure === key.measure) addTo(exact, index, countBad(histogram, threshold));
    else if (measure === key.name) addTo(labelled, index, countBad(histogram, threshold));
  }

  /** By the index of the second; -1 where samples are of none that the generators tell of. */
  of(objective: Objective): Map<number, EventCount> {
    const wanted = this.#wanted.get(idOf(objective) ?? "");
    if (!wanted) return new Map();
    return wanted.exact.size > 0 ? wanted.exact : wanted.labelled;
  }
}

/** Objectives that ask the same of the same samples share their counts. */
function idOf(objective: Objective): string | undefined {
  const spec = parseMeasureSpec(objective.measure);
  if (spec?.kind !== "latency") return undefined;
  const { op, value } = thresholdOf(objective);
  return `${spec.measure} ${op} ${value}`;
}
