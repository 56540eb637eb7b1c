import type { JourneyEnd } from "../common/journey.ts";
import type { CrowdCounters } from "../common/records.ts";
import type { RunRecord } from "./run-record.ts";
import { addAt, type Column, emptyColumn, secondOf } from "./series-columns.ts";
import { sinceLast } from "./series-crowd.ts";

export interface JourneySeries {
  /** Journeys that ended so in this second. */
  ended: Record<JourneyEnd, Column>;
  /** Clients that have come and whose journey is not over. */
  underWay: Column;
  /** Who waited to be let in, as the admission controller counted; known after the run. */
  queue: Column;
  /** Let in, in this second, and how many the controller wanted to. */
  admitted: Column;
  admissionTarget: Column;
}

const counters = {
  completed: "journeysCompleted",
  rejected: "journeysRejected",
  abandoned: "journeysAbandoned",
  failed: "journeysFailed",
} as const satisfies Record<JourneyEnd, keyof CrowdCounters>;

export function journeySeries(record: RunRecord, startAtUs: number, seconds: number): JourneySeries {
  const column = () => emptyColumn(seconds);
  const series: JourneySeries = {
    ended: { completed: column(), rejected: column(), abandoned: column(), failed: column() },
    underWay: column(),
    queue: column(),
    admitted: column(),
    admissionTarget: column(),
  };
  for (const { intervals } of record.generators) {
    const last = new Map<number, CrowdCounters>();
    for (const [index, interval] of intervals.entries()) {
      const second = secondOf(interval.fromMs, interval.toMs, seconds);
      last.set(second, interval.counters);
      for (const end of Object.keys(counters) as JourneyEnd[]) {
        addAt(series.ended[end], second, sinceLast(counters[end], interval, intervals[index - 1]));
      }
    }
    for (const [second, told] of last) {
      const over = Object.values(counters).reduce((sum, counter) => sum + (told[counter] ?? 0), 0);
      addAt(series.underWay, second, Math.max(0, told.planned - over));
    }
  }
  const secondAt = (atUs: number) => Math.floor((atUs - startAtUs) / 1e6);
  for (const entry of record.audit ?? []) {
    if (entry.type === "place" && entry.admittedAtUs !== undefined) {
      addAt(series.admitted, secondAt(entry.admittedAtUs), 1);
    }
    if (entry.type !== "decision") continue;
    const second = secondAt(entry.atUs);
    if (second < 0 || second >= seconds) continue;
    // The last decision of a second stands.
    series.queue[second] = entry.queue;
    series.admissionTarget[second] = entry.perSecond;
    addAt(series.admitted, second, 0);
  }
  for (const column of [series.queue, series.admissionTarget]) fillSingles(column);
  return series;
}

/** Decisions are a second and a little apart: now and then a second has none, and that before it stands. */
function fillSingles(column: Column): void {
  for (const [second, value] of [...column].entries()) {
    const before = column[second - 1];
    if (value === null && before != null && column[second + 1] != null) column[second] = before;
  }
}
