import type { Phase } from "../common/match-day.ts";
import type { LatencySummary } from "../measurements/histograms.ts";
import type { SecondView } from "../measurements/seconds.ts";
import type { DeliveryResult } from "./delivery.ts";
import type { Measures } from "./measures.ts";
import type { OwnSign } from "./system-judge.ts";

/** Share of the planned clients that may be away before they are done, or be put off: one in a thousand. */
const toleratedShare = 0.001;
/** How much older than in the baseline the quotes may be: by half, or by this much. */
const staleSlackMs = 250;
/** Places in a queue are told each second at most. */
const positionSlackMs = 1000;
/** A click that takes a second longer is felt as broken off (Nielsen's limit for keeping to a train of thought). */
const requestSlackMs = 1000;
/** A recovery is one when it lasts. */
const steadySeconds = 3;

interface SteadyOptions {
  seconds: readonly SecondView[];
  measures: Measures;
  delivery: DeliveryResult;
  phases: readonly Phase[];
  /** Of its system. */
  ownSigns: readonly OwnSign[];
  /** When the first fault began; Infinity: none did. */
  disturbedFromMs: number;
}

/** What steady means in this run: as in its own baseline. */
export class SteadyState {
  /** Above these a second's p99 of a measure is not steady; without a baseline there is none. */
  readonly #limitsMs = new Map<string, number>();
  readonly #seconds: readonly SecondView[];
  /** The most clients that were away, and the most late events, in a second of the baseline. */
  readonly #usualAway: number;
  readonly #usualLate: number;
  /** Each with the most of a second of the baseline. */
  readonly #ownSigns: readonly (OwnSign & { usual: number })[];
  readonly #lostAtMs: readonly number[];
  /** Whether there are quiet seconds to go by, with all in them that is looked at later. */
  readonly hasBaseline: boolean;

  constructor({ seconds, measures, delivery, phases, ownSigns, disturbedFromMs }: SteadyOptions) {
    this.#seconds = seconds;
    this.#lostAtMs = delivery.events.filter(({ lost }) => lost > 0).map(({ atMs }) => atMs);
    const limit = (measure: string, slackMs: number) => {
      const p99Ms = measures.summary(measure, ["baseline"])?.p99Ms;
      if (p99Ms !== undefined) this.#limitsMs.set(measure, Math.max(1.5 * p99Ms, p99Ms + slackMs));
    };
    const shown = { stale_odds_age: staleSlackMs, position_age: positionSlackMs };
    for (const [measure, slackMs] of Object.entries(shown)) limit(measure, slackMs);
    for (const name of measures.names) if (name.startsWith("request{")) limit(name, requestSlackMs);
    const { fromMs = 0, toMs = 0 } = phases.find(({ name }) => name === "baseline") ?? {};
    const baseline = seconds.filter(
      (second) => second.fromMs >= fromMs && second.toMs <= Math.min(toMs, disturbedFromMs),
    );
    const isNew = (measure: string) =>
      !this.#limitsMs.has(measure) && measures.summary(measure, ["fault", "recovery", "after"]) !== undefined;
    this.hasBaseline = baseline.length > 0 && !Object.keys(shown).some(isNew);
    const most = (of: (second: SecondView) => number) => Math.max(0, ...baseline.map(of));
    this.#usualAway = most(({ underWay, open }) => underWay - open);
    const inBaseline = new Set(baseline);
    this.#usualLate = Math.max(
      0,
      ...seconds.map((second, position) =>
        inBaseline.has(second) ? lateIn(second, seconds[position - 1]) : 0,
      ),
    );
    this.#ownSigns = ownSigns.map((own) => ({
      ...own,
      usual: baseline.reduce((most, { index }) => Math.max(most, own.inSecond(index)), 0),
    }));
  }

  /** What is not steady in one second; empty when it is. */
  signs(position: number): string[] {
    const second = this.#seconds[position]!;
    const before = this.#seconds[position - 1];
    const tolerated = toleratedShare * second.planned;
    const signs: string[] = [];
    if (second.underWay - second.open > this.#usualAway + tolerated) signs.push("clients are not open");
    if (this.#isAbove("stale_odds_age", second.staleOddsAge)) signs.push("quotes are stale");
    const { position_age: positionAge, ...requests } = second.ofJourneys;
    if (this.#isAbove("position_age", positionAge)) signs.push("positions are stale");
    if (Object.entries(requests).some(([measure, summary]) => this.#isAbove(measure, summary)))
      signs.push("requests are slow");
    for (const { sign, usual, inSecond } of this.#ownSigns) {
      if (inSecond(second.index) > usual + tolerated) signs.push(sign);
    }
    if ((second.counters.journeysFailed ?? 0) > (before?.counters.journeysFailed ?? 0))
      signs.push("journeys fail");
    if (lateIn(second, before) > this.#usualLate) signs.push("events are late");
    if (this.#lostAtMs.some((atMs) => atMs >= second.fromMs && atMs < second.toMs))
      signs.push("events are lost");
    return signs;
  }

  #isAbove(measure: string, summary: LatencySummary | undefined): boolean {
    const limitMs = this.#limitsMs.get(measure);
    return summary !== undefined && limitMs !== undefined && summary.p99Ms > limitMs;
  }

  /**
   * From `atMs` until the first of three steady seconds in a row; `null` when that does not come, or there is nothing to
   * compare with.
   */
  steadyAfterMs(atMs: number): number | null {
    if (!this.hasBaseline) return null;
    let row = 0;
    for (const [position, second] of this.#seconds.entries()) {
      if (second.toMs <= atMs) continue;
      // When all have left there is nobody who could tell.
      if (second.planned === 0) break;
      const follows = this.#seconds[position - 1]?.index === second.index - 1;
      row = this.signs(position).length > 0 ? 0 : follows ? row + 1 : 1;
      if (row === steadySeconds)
        return Math.max(0, this.#seconds[position - steadySeconds + 1]!.fromMs - atMs);
    }
    return null;
  }

  /** Whether the run went on long enough after `atMs` to see a recovery of `withinMs`. */
  couldSee(atMs: number, withinMs: number): boolean {
    const end = this.#seconds.at(-1)?.toMs ?? 0;
    return end >= atMs + withinMs + steadySeconds * 1000;
  }
}

/** Events that came late in one second. */
const lateIn = (second: SecondView, before: SecondView | undefined) =>
  second.counters.late - (before?.counters.late ?? 0);
