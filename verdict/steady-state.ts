import type { SecondView } from "../measurements/seconds.ts";
import type { DeliveryResult } from "./delivery.ts";
import type { Measures } from "./measures.ts";

/** Share of the planned clients that must be open, or done with what they came for. */
const openShare = 0.999;
/** How much older than in the baseline the quotes may be: by half, or by this much. */
const staleSlackMs = 250;
/** Places in a queue are told each second at most. */
const positionSlackMs = 1000;
/** A recovery is one when it lasts. */
const steadySeconds = 3;

/** What steady means in this run: as in its own baseline. */
export class SteadyState {
  /** Above this a second's stale-odds age p99 is not steady; `undefined` when the baseline has none. */
  readonly staleLimitMs: number | undefined;
  readonly #positionLimitMs: number | undefined;
  readonly #seconds: readonly SecondView[];
  readonly #lostAtMs: readonly number[];

  constructor(seconds: readonly SecondView[], measures: Measures, delivery: DeliveryResult) {
    this.#seconds = seconds;
    this.#lostAtMs = delivery.events.filter(({ lost }) => lost > 0).map(({ atMs }) => atMs);
    const baseline = measures.summary("stale_odds_age", ["baseline"])?.p99Ms;
    this.staleLimitMs =
      baseline === undefined ? undefined : Math.max(1.5 * baseline, baseline + staleSlackMs);
    const position = measures.summary("position_age", ["baseline"])?.p99Ms;
    this.#positionLimitMs =
      position === undefined ? undefined : Math.max(1.5 * position, position + positionSlackMs);
  }

  /** What is not steady in one second; empty when it is. */
  signs(position: number): string[] {
    const second = this.#seconds[position]!;
    const before = this.#seconds[position - 1];
    const signs: string[] = [];
    if (second.underWay - second.open > (1 - openShare) * second.planned) signs.push("clients are not open");
    if (
      this.staleLimitMs !== undefined &&
      second.staleOddsAge !== undefined &&
      second.staleOddsAge.p99Ms > this.staleLimitMs
    ) {
      signs.push("quotes are stale");
    }
    const positionAge = second.ofJourneys.position_age;
    if (positionAge && this.#positionLimitMs !== undefined && positionAge.p99Ms > this.#positionLimitMs)
      signs.push("positions are stale");
    if ((second.counters.journeysFailed ?? 0) > (before?.counters.journeysFailed ?? 0))
      signs.push("journeys fail");
    if (second.counters.late > (before?.counters.late ?? 0)) signs.push("events are late");
    if (this.#lostAtMs.some((atMs) => atMs >= second.fromMs && atMs < second.toMs))
      signs.push("events are lost");
    return signs;
  }

  /** From `atMs` until the first of three steady seconds in a row; `null` when that does not come. */
  steadyAfterMs(atMs: number): number | null {
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
