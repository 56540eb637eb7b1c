import type { JourneyEnd } from "../../common/journey.ts";
import type { CrowdCounters, CrowdInterval } from "../../common/records.ts";
import type { RunMetricName } from "../../measurements/metrics.ts";
import { type Sample, sample } from "./sample.ts";

type Samples = () => Sample[];

const journeyEnds = {
  completed: "journeysCompleted",
  rejected: "journeysRejected",
  abandoned: "journeysAbandoned",
  failed: "journeysFailed",
} as const satisfies Record<JourneyEnd, keyof CrowdCounters>;

/** Each generator's newest word, added up: since none of them goes back, neither does the sum. */
export function crowdSamples(newest: () => readonly CrowdInterval[]) {
  const sumOf = (field: keyof CrowdCounters) => () => {
    const intervals = newest();
    if (intervals.length === 0) return [];
    return [sample(intervals.reduce((sum, { counters }) => sum + (counters[field] ?? 0), 0))];
  };
  return {
    matchday_crowd_clients_planned: sumOf("planned"),
    matchday_crowd_clients_open: sumOf("open"),
    matchday_crowd_clients_connected: sumOf("connected"),
    matchday_crowd_connect_errors_total: sumOf("connectErrors"),
    matchday_crowd_disconnects_total: sumOf("disconnects"),
    matchday_crowd_resumes_total: sumOf("resumes"),
    matchday_crowd_events_total: sumOf("events"),
    matchday_crowd_bytes_total: sumOf("bytes"),
    matchday_journeys_total: () =>
      Object.entries(journeyEnds).flatMap(([end, field]) =>
        sumOf(field)().map(({ value }) => sample(value, { end })),
      ),
  } satisfies Partial<Record<RunMetricName, Samples>>;
}

export function generatorSamples(newest: () => readonly CrowdInterval[]) {
  const each = (value: (self: CrowdInterval["self"]) => number) => () =>
    newest().map(({ generator, self }) => sample(value(self), { generator: `crowd-${generator}` }));
  return {
    matchday_generator_cpu_seconds_total: each(({ cpuUs }) => cpuUs / 1e6),
    matchday_generator_memory_bytes: each(({ rssBytes }) => rssBytes),
    matchday_generator_gc_seconds_total: each(({ gcPauseUs }) => gcPauseUs / 1e6),
    matchday_generator_quote_samples_skipped_total: each(({ quoteSamplesSkipped }) => quoteSamplesSkipped),
  } satisfies Partial<Record<RunMetricName, Samples>>;
}
