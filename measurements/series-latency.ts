import { MergedCounts } from "./merged-counts.ts";
import type { GeneratorRecord } from "./run-record.ts";
import { type Column, emptyColumn, secondOf, threeDigits } from "./series-columns.ts";

export interface Percentiles {
  p50: Column;
  p95: Column;
  p99: Column;
  max: Column;
  count: Column;
}

export interface HeatSeries {
  /** Bucket b holds ages from `edgesMs[b]` to `edgesMs[b + 1]`; what lies outside counts in the first or last one. */
  edgesMs: number[];
  /** For each second: bucket, count, bucket, count …; `null` when nothing arrived. */
  cells: (number[] | null)[];
}

type HlogEntry = GeneratorRecord["hlog"][number];

interface LatencyRow {
  entries: number;
  measures: Map<string, { p50: number; p95: number; p99: number; max: number; count: number }>;
  heat: number[] | null;
}

/** Merged seconds of a run that goes on: only seconds with new intervals are merged again. */
export class LatencyCache {
  readonly rows = new Map<number, LatencyRow>();
}

const bucketsPerDecade = 6;
/** 0.1 ms to 100 s. */
const edgesMs = Array.from({ length: 6 * bucketsPerDecade + 1 }, (_, index) =>
  Number((10 ** (index / bucketsPerDecade - 1)).toPrecision(3)),
);

export function latencySeries(
  generators: GeneratorRecord[],
  seconds: number,
  cache: LatencyCache,
): { latency: Record<string, Percentiles>; heat: HeatSeries } {
  const bySecond = new Map<number, HlogEntry[]>();
  for (const { hlog } of generators) {
    for (const entry of hlog) {
      const second = secondOf(entry.fromMs, entry.toMs, seconds);
      if (second < 0) continue;
      const entries = bySecond.get(second);
      if (entries) entries.push(entry);
      else bySecond.set(second, [entry]);
    }
  }
  const latency: Record<string, Percentiles> = {};
  const heat: HeatSeries = { edgesMs, cells: new Array<number[] | null>(seconds).fill(null) };
  for (const [second, entries] of bySecond) {
    let row = cache.rows.get(second);
    if (row?.entries !== entries.length) {
      row = rowOf(entries);
      cache.rows.set(second, row);
    }
    heat.cells[second] = row.heat;
    for (const [measure, figures] of row.measures) {
      latency[measure] ??= emptyPercentiles(seconds);
      const columns = latency[measure];
      for (const name of ["p50", "p95", "p99", "max", "count"] as const)
        columns[name][second] = figures[name];
    }
  }
  return { latency, heat };
}

function emptyPercentiles(seconds: number): Percentiles {
  const column = () => emptyColumn(seconds);
  return { p50: column(), p95: column(), p99: column(), max: column(), count: column() };
}

/** Merges one second's histograms of all generators. */
function rowOf(entries: HlogEntry[]): LatencyRow {
  const merged = new Map<string, MergedCounts>();
  for (const { key, histogram } of entriesOnce(entries)) {
    const measure = withoutPhase(key);
    const counts = merged.get(measure) ?? new MergedCounts();
    merged.set(measure, counts);
    counts.add(histogram);
  }
  const measures: LatencyRow["measures"] = new Map();
  const ages = new MergedCounts();
  const wholeAges = merged.get("event_age");
  if (wholeAges) ages.addAll(wholeAges);
  for (const [measure, counts] of merged) {
    if (counts.total === 0) continue;
    if (!wholeAges && measure.startsWith("event_age{")) ages.addAll(counts);
    const ms = (percentile: number) => threeDigits(counts.valueAt(percentile)! / 1000)!;
    measures.set(measure, { p50: ms(50), p95: ms(95), p99: ms(99), max: ms(100), count: counts.total });
  }
  return { entries: entries.length, measures, heat: heatOf(ages) };
}

/** A measure may stand there twice, as a whole and by phase: then the whole counts, and its parts do not count again. */
function* entriesOnce(entries: HlogEntry[]): Generator<HlogEntry> {
  const whole = new Set(entries.filter(({ key }) => !key.includes("@")).map(({ key }) => key));
  for (const entry of entries) {
    if (entry.key.includes("@") && whole.has(withoutPhase(entry.key))) continue;
    yield entry;
  }
}

function withoutPhase(key: string): string {
  const at = key.lastIndexOf("@");
  return at < 0 ? key : key.slice(0, at);
}

function heatOf(ages: MergedCounts): number[] | null {
  if (ages.total === 0) return null;
  const counts = new Map<number, number>();
  ages.forEach((valueUs, count) => {
    const bucket = Math.floor((Math.log10(Math.max(valueUs, 1) / 1000) + 1) * bucketsPerDecade);
    const inside = Math.min(Math.max(bucket, 0), edgesMs.length - 2);
    counts.set(inside, (counts.get(inside) ?? 0) + count);
  });
  return [...counts].flat();
}
