/** The run's files as one row a second: what every chart is drawn from. */
import type { EventClass, Phase } from "../common/match-day.ts";
import type { PlanLike } from "./plan-like.ts";
import type { RunRecord } from "./run-record.ts";
import type { BurnLine } from "./series-burn.ts";
import { type CrowdSeries, crowdSeries } from "./series-crowd.ts";
import { type DeliverySeries, deliverySeries } from "./series-delivery.ts";
import { type JourneySeries, journeySeries } from "./series-journeys.ts";
import { type HeatSeries, LatencyCache, latencySeries, type Percentiles } from "./series-latency.ts";
import { type MachineSeries, machineSeries, type PartSeries, stackSeries } from "./series-stack.ts";
import { type Moment, momentsOf, type SeriesFault, startOf, timelineFaults } from "./series-timeline.ts";

export interface Series {
  version: 1;
  durationMs: number;
  /** How many points each column has. */
  seconds: number;
  clientsPlanned: number;
  phases: Phase[];
  faults: SeriesFault[];
  /** What happened in the match, odds apart. */
  moments: Moment[];
  deadlinesMs: Partial<Record<EventClass, number>>;
  crowd: CrowdSeries;
  /** By measure, without phase: `connect`, `event_age{class=goal}` …; milliseconds. */
  latency: Record<string, Percentiles>;
  /** `event_age` of all classes, by second of arrival and logarithmic bucket of age. */
  heat: HeatSeries;
  delivery: DeliverySeries;
  stack: PartSeries[];
  machine: MachineSeries;
  /** Absent where clients walk no journeys. */
  journeys?: JourneySeries;
  /** Of each SLO that something was bad for. Measurements know no SLO: filled in after the verdict, and absent before. */
  burn?: BurnLine[];
}

export type { BurnLine } from "./series-burn.ts";
export type { Column } from "./series-columns.ts";
export { LatencyCache };

/** The longest run that is drawn second by second; far above what a rehearsal lasts, and a bound for broken records. */
const mostSeconds = 24 * 3600;

/**
 * Merges what all generators wrote, second by second.
 * @param cache keeps the merged seconds between calls, for a page that is redrawn while the run goes on
 */
export function buildSeries(plan: PlanLike, record: RunRecord, cache = new LatencyCache()): Series {
  const startAtUs = startOf(plan, record.journal);
  const seconds = secondsOf(plan, record);
  const { latency, heat } = latencySeries(record.generators, seconds, cache);
  return {
    version: 1,
    durationMs: Math.max(plan.durationMs, seconds * 1000),
    seconds,
    clientsPlanned: plan.clients,
    phases: plan.phases,
    faults: timelineFaults(plan.faults, record.journal, startAtUs),
    moments: momentsOf(record.published, startAtUs),
    deadlinesMs: plan.deadlinesMs,
    crowd: crowdSeries(record.generators, seconds),
    latency,
    heat,
    delivery: deliverySeries(record.generators, record.published, {
      startAtUs,
      seconds,
      deadlinesMs: plan.deadlinesMs,
    }),
    stack: stackSeries(record.stack, seconds),
    machine: machineSeries(record.journal, startAtUs, plan.machine?.cores ?? 1, seconds),
    ...(plan.crowd?.journeys ? { journeys: journeySeries(record, startAtUs, seconds) } : {}),
  };
}

/** Up to the last second that anything was written for. */
function secondsOf(plan: PlanLike, record: RunRecord): number {
  let lastMs = 0;
  for (const { intervals, hlog } of record.generators) {
    for (const { toMs } of intervals) lastMs = Math.max(lastMs, toMs);
    for (const { toMs } of hlog) lastMs = Math.max(lastMs, toMs);
  }
  for (const { atMs } of record.stack) lastMs = Math.max(lastMs, atMs);
  // Generators go on for an instant after the end; a point of a few milliseconds is no second of its own.
  const seconds = Math.ceil((lastMs - 200) / 1000);
  const planned = Math.ceil(plan.durationMs / 1000);
  return Math.max(0, Math.min(seconds, planned + 60, mostSeconds));
}
