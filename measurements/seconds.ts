import type { Histogram } from "hdr-histogram-js";
import type { PhaseName } from "../common/match-day.ts";
import type { CrowdCounters, CrowdInterval, CrowdSelf, HistogramKey } from "../common/records.ts";
import { HistogramSet, type LatencySummary, summaryOf } from "./histograms.ts";
import { formatKey, tryParseKey } from "./keys.ts";
import type { GeneratorRecord } from "./run-record.ts";

/** One second of the whole crowd, merged over the generators. Summaries are absent where nothing was recorded. */
export interface SecondView {
  index: number;
  fromMs: number;
  toMs: number;
  phase: PhaseName;
  /** How many generators have told of this second. */
  generators: number;
  planned: number;
  open: number;
  /** Planned ones whose journey is not over: they are to have a stream. All of them where nobody walks. */
  underWay: number;
  counters: CrowdCounters;
  self: CrowdSelf;
  connect?: LatencySummary;
  firstEvent?: LatencySummary;
  /** Over all classes. */
  eventAge?: LatencySummary;
  goalAge?: LatencySummary;
  staleOddsAge?: LatencySummary;
  resume?: LatencySummary;
  releaseLag?: LatencySummary;
  readLag?: LatencySummary;
  /** What journeys measure, as it is named without its phase: `request{step=hold}`, `position_age`. */
  ofJourneys: Record<string, LatencySummary>;
}

type Summaries = Omit<
  SecondView,
  | "index"
  | "fromMs"
  | "toMs"
  | "phase"
  | "generators"
  | "planned"
  | "open"
  | "underWay"
  | "counters"
  | "self"
  | "ofJourneys"
>;

const fields: Record<string, keyof Summaries> = {
  connect: "connect",
  first_event: "firstEvent",
  event_age: "eventAge",
  stale_odds_age: "staleOddsAge",
  resume: "resume",
  release_lag: "releaseLag",
  read_lag: "readLag",
};

const sum = <T extends object>(records: readonly T[]): T => {
  const [first, ...rest] = records;
  const total = { ...first } as Record<string, number>;
  for (const record of rest as Record<string, number>[]) {
    for (const name of Object.keys(total)) total[name] = total[name]! + (record[name] ?? 0);
  }
  return total as T;
};

/** @param intervals of one index, one of each generator that has it; at least one. */
export function mergeSecond(
  intervals: readonly CrowdInterval[],
  histograms: Iterable<readonly [HistogramKey, Histogram]>,
): SecondView {
  const set = new HistogramSet();
  const walked = new HistogramSet();
  for (const [key, histogram] of histograms) {
    const parsed = tryParseKey(key);
    if (!parsed) continue;
    const field = fields[parsed.name];
    if (!field) {
      walked.add(formatKey({ name: parsed.name, labels: parsed.labels }), histogram);
      continue;
    }
    set.add(field, histogram);
    if (parsed.name === "event_age" && parsed.labels.class === "goal") set.add("goalAge", histogram);
  }
  const summaries: Summaries = {};
  for (const field of set.keys()) summaries[field as keyof Summaries] = summaryOf(set.get(field))!;
  const ofJourneys: SecondView["ofJourneys"] = {};
  for (const measure of walked.keys()) ofJourneys[measure] = summaryOf(walked.get(measure))!;
  const counters = sum(intervals.map((interval) => interval.counters));
  const [first] = intervals;
  return {
    index: first!.index,
    fromMs: Math.min(...intervals.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...intervals.map(({ toMs }) => toMs)),
    phase: first!.phase,
    generators: intervals.length,
    planned: counters.planned,
    open: counters.open,
    underWay: Math.max(0, counters.planned - journeysOver(counters)),
    counters,
    self: sum(intervals.map((interval) => interval.self)),
    ofJourneys,
    ...summaries,
  };
}

/** Runs from before there were journeys have no such counters. */
const journeysOver = (counters: Partial<CrowdCounters>) =>
  (counters.journeysCompleted ?? 0) +
  (counters.journeysRejected ?? 0) +
  (counters.journeysAbandoned ?? 0) +
  (counters.journeysFailed ?? 0);

export interface RunSeconds {
  /** By index; a second that no generator tells of is not there. */
  seconds: SecondView[];
  /** The whole run's histograms, by key as written (`event_age{class=goal}@fault`). */
  byKey: HistogramSet;
}

/** What generators recorded in one second, merged over them, by key as written; index -1: in none that they tell of. */
export interface RecordedSecond {
  index: number;
  intervals: readonly CrowdInterval[];
  histograms: HistogramSet;
}

/** Merges a saved run over its generators, one second after the other, from one on. Each histogram is decoded as it is come to. */
export function* recordedSeconds(
  generators: readonly GeneratorRecord[],
  fromIndex = Number.NEGATIVE_INFINITY,
): Generator<RecordedSecond> {
  const byIndex = new Map<number, CrowdInterval[]>();
  const entriesByIndex = new Map<number, GeneratorRecord["hlog"]>();
  const group = <T>(groups: Map<number, T[]>, index: number, item: T) => {
    const items = groups.get(index);
    if (items) items.push(item);
    else groups.set(index, [item]);
  };
  for (const { intervals, hlog } of generators) {
    for (const interval of intervals) group(byIndex, interval.index, interval);
    const indexAt = intervalFinder(intervals);
    for (const entry of hlog) group(entriesByIndex, indexAt((entry.fromMs + entry.toMs) / 2), entry);
  }
  const indexes = [...new Set([...byIndex.keys(), ...entriesByIndex.keys()])].sort((a, b) => a - b);
  for (const index of indexes) {
    if (index < fromIndex) continue;
    // Of all generators first: what follows is then done once for each key, and not once for each generator.
    const histograms = new HistogramSet();
    for (const { key, histogram } of entriesByIndex.get(index) ?? []) histograms.add(key, histogram);
    yield { index, intervals: byIndex.get(index) ?? [], histograms };
  }
}

/**
 * Merges a saved run second by second, and over the whole run, decoding every histogram once.
 * @param visit is shown each second's histograms, merged over the generators: they are not kept.
 */
export function mergeRun(
  generators: readonly GeneratorRecord[],
  visit?: (index: number, histograms: HistogramSet) => void,
): RunSeconds {
  const byKey = new HistogramSet();
  const seconds: SecondView[] = [];
  for (const { index, intervals, histograms } of recordedSeconds(generators)) {
    for (const [key, histogram] of histograms) byKey.add(key, histogram);
    visit?.(index, histograms);
    if (intervals.length > 0) seconds.push(mergeSecond(intervals, histograms));
  }
  return { seconds, byKey };
}

/** Which interval of a generator a log line belongs to: the one that its middle falls into, or -1. */
function intervalFinder(intervals: readonly CrowdInterval[]): (atMs: number) => number {
  const sorted = intervals.toSorted((a, b) => a.fromMs - b.fromMs);
  return (atMs) => {
    let low = 0;
    let high = sorted.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const interval = sorted[middle]!;
      if (atMs < interval.fromMs) high = middle - 1;
      else if (atMs >= interval.toMs) low = middle + 1;
      else return interval.index;
    }
    return -1;
  };
}
