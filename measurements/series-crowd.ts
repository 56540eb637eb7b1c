import type { CrowdCounters, CrowdInterval } from "../common/records.ts";
import type { GeneratorRecord } from "./run-record.ts";
import { addAt, type Column, emptyColumn, secondOf, threeDigits } from "./series-columns.ts";

export interface CrowdSeries {
  planned: Column;
  open: Column;
  /** In this second. */
  disconnects: Column;
  resumes: Column;
  connectErrors: Column;
  events: Column;
  /** All generators together. */
  cpuCores: Column;
  rssBytes: Column;
}

/** A generator that is silent for longer than this has stopped: its clients are gone. */
const silentSeconds = 2;

export function crowdSeries(generators: GeneratorRecord[], seconds: number): CrowdSeries {
  const series: CrowdSeries = {
    planned: emptyColumn(seconds),
    open: emptyColumn(seconds),
    disconnects: emptyColumn(seconds),
    resumes: emptyColumn(seconds),
    connectErrors: emptyColumn(seconds),
    events: emptyColumn(seconds),
    cpuCores: emptyColumn(seconds),
    rssBytes: emptyColumn(seconds),
  };
  for (const { intervals } of generators) {
    const inOrder = intervals.toSorted((a, b) => a.index - b.index);
    addGauges(series, inOrder, seconds);
    addDifferences(series, inOrder, seconds);
  }
  for (const column of Object.values(series) as Column[]) fillWhereOthersReported(column, series.open);
  series.cpuCores = series.cpuCores.map(threeDigits);
  return series;
}

function addGauges(series: CrowdSeries, intervals: CrowdInterval[], seconds: number): void {
  const last = new Map<number, CrowdInterval>();
  for (const interval of intervals) last.set(secondOf(interval.fromMs, interval.toMs, seconds), interval);
  let current: CrowdInterval | undefined;
  let silent = 0;
  for (let second = 0; second < seconds; second++) {
    const here = last.get(second);
    silent = here ? 0 : silent + 1;
    current = here ?? current;
    // Two intervals may fall into one second, and none into the next: the figure stands until it is replaced.
    if (!current || silent > silentSeconds) continue;
    addAt(series.planned, second, current.counters.planned);
    addAt(series.open, second, current.counters.open);
    addAt(series.rssBytes, second, current.self.rssBytes);
  }
}

function addDifferences(series: CrowdSeries, intervals: CrowdInterval[], seconds: number): void {
  let before: CrowdInterval | undefined;
  for (const interval of intervals) {
    const second = secondOf(interval.fromMs, interval.toMs, seconds);
    for (const counter of ["disconnects", "resumes", "connectErrors", "events"] as const) {
      addAt(series[counter], second, sinceLast(counter, interval, before));
    }
    const tookMs = interval.toMs - interval.fromMs;
    // CPU before the first interval is the start of the process, not load.
    if (before && tookMs > 0) {
      addAt(series.cpuCores, second, Math.max(0, interval.self.cpuUs - before.self.cpuUs) / 1000 / tookMs);
    }
    before = interval;
  }
}

/** How much a counter grew since the interval before; one that a run of before has not is 0. */
export function sinceLast(
  counter: keyof CrowdCounters,
  interval: CrowdInterval,
  before: CrowdInterval | undefined,
): number {
  return Math.max(0, (interval.counters[counter] ?? 0) - (before?.counters[counter] ?? 0));
}

/** A second without growth is a zero as long as there are reports, and a gap when there are none. */
function fillWhereOthersReported(column: Column, open: Column): void {
  for (const [second, value] of open.entries()) if (value !== null) column[second] ??= 0;
}
