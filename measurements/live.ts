import type { CrowdFinal, CrowdInterval } from "../common/records.ts";
import { HistogramLogEntry } from "./histogram-log.ts";
import { decodeHistogram } from "./histograms.ts";
import type { GeneratorRecord } from "./run-record.ts";
import { mergeSecond, type SecondView } from "./seconds.ts";

/** What the generators send while the run goes on, merged second by second: terminal and live page read this one feed. */
export class LiveFeed {
  readonly #generators: number;
  /** Index → generator → interval. */
  readonly #intervals = new Map<number, Map<number, CrowdInterval>>();
  readonly #views = new Map<number, SecondView>();
  #latestComplete = -1;
  #latest = -1;

  /** @param generators how many there are: a second is complete when all of them have told of it. */
  constructor(generators: number) {
    this.#generators = generators;
  }

  /** Takes an interval in; one that came before (a repeated request) changes nothing. */
  add(interval: CrowdInterval): void {
    let second = this.#intervals.get(interval.index);
    if (!second) {
      second = new Map();
      this.#intervals.set(interval.index, second);
    }
    if (second.has(interval.generator)) return;
    second.set(interval.generator, interval);
    this.#views.delete(interval.index);
    this.#latest = Math.max(this.#latest, interval.index);
    if (second.size >= this.#generators)
      this.#latestComplete = Math.max(this.#latestComplete, interval.index);
  }

  /** The newest second that all generators have told of; -1 before the first. */
  get latestComplete(): number {
    return this.#latestComplete;
  }

  /** The merged view of one second, of those generators that have told of it; `undefined` when none has. */
  second(index: number): SecondView | undefined {
    const known = this.#views.get(index);
    if (known) return known;
    const intervals = [...(this.#intervals.get(index)?.values() ?? [])];
    if (intervals.length === 0) return undefined;
    const view = mergeSecond(
      intervals,
      intervals.flatMap(({ histograms }) =>
        Object.entries(histograms ?? {}).map(([key, encoded]) => [key, decodeHistogram(encoded)] as const),
      ),
    );
    this.#views.set(index, view);
    return view;
  }

  /** What has not come, up to and with `through`; the newest second that any generator told of unless given. */
  missing(through = this.#latest): { generator: number; index: number }[] {
    const missing: { generator: number; index: number }[] = [];
    for (let index = 0; index <= through; index++) {
      const second = this.#intervals.get(index);
      for (let generator = 0; generator < this.#generators; generator++) {
        if (!second?.has(generator)) missing.push({ generator, index });
      }
    }
    return missing;
  }

  /** The same as a run folder would give, so that the live page is drawn by what draws the report. */
  generators(finals: ReadonlyMap<number, CrowdFinal> = new Map()): GeneratorRecord[] {
    return Array.from({ length: this.#generators }, (_, generator) => {
      const intervals = [...this.#intervals.values()]
        .map((second) => second.get(generator))
        .filter((interval) => interval !== undefined)
        .sort((a, b) => a.index - b.index);
      return {
        generator,
        intervals,
        hlog: intervals.flatMap((interval) =>
          Object.entries(interval.histograms ?? {}).map(
            ([key, encoded]) => new HistogramLogEntry(interval, key, encoded),
          ),
        ),
        final: finals.get(generator),
      };
    });
  }
}
