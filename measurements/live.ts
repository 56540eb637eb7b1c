import type { CrowdFinal, CrowdInterval } from "../common/records.ts";
import { HistogramLogEntry } from "./histogram-log.ts";
import { decodeHistogram, HistogramSet } from "./histograms.ts";
import type { GeneratorRecord } from "./run-record.ts";
import { mergeSecond, type SecondView } from "./seconds.ts";

/**
 * What the generators send while the run goes on, merged second by second, and over the run so far: terminal, live page
 * and Prometheus read this one feed. Each histogram is decoded once, when it comes.
 */
export class LiveFeed {
  /** The run so far by key as written: all seconds that every generator has told of. */
  readonly byKey = new HistogramSet();
  readonly #generators: number;
  /** Index → generator → interval. */
  readonly #intervals = new Map<number, Map<number, CrowdInterval>>();
  /** Generator → its newest interval. */
  readonly #newest = new Map<number, CrowdInterval>();
  /** Index → the second's histograms so far, until they are in the whole run's: decoded, they are large. */
  readonly #open = new Map<number, HistogramSet>();
  readonly #views = new Map<number, SecondView>();
  #latestHistograms = new HistogramSet();
  #latestComplete = -1;
  #latest = -1;
  readonly #listeners: ((second: SecondView, histograms: HistogramSet) => void)[] = [];

  /** @param generators how many there are: a second is complete when all of them have told of it. */
  constructor(generators: number) {
    this.#generators = generators;
  }

  /**
   * Takes an interval in; one that came before (a repeated request) changes nothing.
   * @throws MatchdayError HISTOGRAM_INVALID; then nothing of it is taken in.
   */
  add(interval: CrowdInterval): void {
    const second = this.#intervals.get(interval.index) ?? new Map<number, CrowdInterval>();
    if (second.has(interval.generator)) return;
    const decoded = Object.entries(interval.histograms ?? {}).map(
      ([key, encoded]) => [key, decodeHistogram(encoded)] as const,
    );
    this.#intervals.set(interval.index, second);
    second.set(interval.generator, interval);
    if (interval.index > (this.#newest.get(interval.generator)?.index ?? -1))
      this.#newest.set(interval.generator, interval);
    const histograms = this.#open.get(interval.index) ?? new HistogramSet();
    this.#open.set(interval.index, histograms);
    for (const [key, histogram] of decoded) histograms.add(key, histogram);
    this.#views.delete(interval.index);
    this.#latest = Math.max(this.#latest, interval.index);
    if (second.size >= this.#generators) this.#complete(interval.index);
  }

  /** Shows each second that is put into the whole run's histograms, once: its own are not kept. */
  onSecond(listener: (second: SecondView, histograms: HistogramSet) => void): void {
    this.#listeners.push(listener);
  }

  #complete(index: number): void {
    const histograms = this.#close(index);
    if (index < this.#latestComplete) return;
    this.#latestComplete = index;
    this.#latestHistograms = histograms;
  }

  /** Puts a second into the whole run's histograms; of all generators at once, which is done once for each key. */
  #close(index: number): HistogramSet {
    const second = this.second(index)!;
    const histograms = this.#open.get(index)!;
    this.#open.delete(index);
    for (const [key, histogram] of histograms) this.byKey.add(key, histogram);
    for (const listener of this.#listeners) listener(second, histograms);
    return histograms;
  }

  /** Nothing more will come: takes in the seconds that not every generator told of. They do not all end in the same one. */
  settle(): void {
    for (const index of [...this.#open.keys()]) this.#close(index);
  }

  /** The newest second that all generators have told of; -1 before the first. */
  get latestComplete(): number {
    return this.#latestComplete;
  }

  /** The histograms of that second, by key as written. */
  get latestHistograms(): HistogramSet {
    return this.#latestHistograms;
  }

  /** The newest interval of each generator that has told of any. */
  newest(): CrowdInterval[] {
    return [...this.#newest.values()].sort((a, b) => a.generator - b.generator);
  }

  /** The merged view of one second, of those generators that have told of it; `undefined` when none has. */
  second(index: number): SecondView | undefined {
    const known = this.#views.get(index);
    if (known) return known;
    const intervals = [...(this.#intervals.get(index)?.values() ?? [])];
    if (intervals.length === 0) return undefined;
    const view = mergeSecond(intervals, this.#open.get(index) ?? []);
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
