import type { CrowdInterval } from "../../../common/records.ts";
import { encodeHistogram, HistogramSet } from "../../../measurements/histograms.ts";
import { LiveFeed } from "../../../measurements/live.ts";
import type { GeneratorRecord, RunRecord } from "../../../measurements/run-record.ts";
import type { Plan } from "../../../verdict/plan.ts";
import { Exposition } from "../exposition.ts";
import { parseExposition, type Series } from "./parse.ts";

/** How long after a second the generators have told of it. */
const toldAfterMs = 100;

export interface Replay {
  exposition: Exposition;
  live: LiveFeed;
  /** What was told after each second. */
  seconds: Series[];
}

/** Plays a saved run to an exposition again, second by second, as the conductor does while it goes on. */
export async function replay({ plan, record }: { plan: Plan; record: RunRecord }): Promise<Replay> {
  const live = new LiveFeed(plan.generators);
  let nowUs = plan.startAtUs!;
  const exposition = new Exposition(plan, live, () => nowUs);
  const intervals = record.generators.flatMap(intervalsOf);
  const seconds: Series[] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (let index = 0; index <= Math.max(...intervals.map((each) => each.index)); index++) {
    nowUs = plan.startAtUs! + ((index + 1) * 1000 + toldAfterMs) * 1000;
    const isNew = (atUs: number) => atUs > before && atUs <= nowUs;
    for (const entry of record.journal) if (isNew(entry.atUs)) exposition.journal(entry);
    exposition.published(record.published.filter(({ publishedAtUs }) => isNew(publishedAtUs)));
    for (const interval of intervals) if (interval.index === index) live.add(interval);
    seconds.push(parseExposition(await exposition.text()));
    before = nowUs;
  }
  return { exposition, live, seconds };
}

/** As generators send them: with the second's histograms, encoded. */
function intervalsOf({ intervals, hlog }: GeneratorRecord): CrowdInterval[] {
  const bySecond = Map.groupBy(hlog, ({ fromMs }) => fromMs);
  return intervals.map((interval) => {
    const set = new HistogramSet();
    for (const { key, histogram } of bySecond.get(interval.fromMs) ?? []) set.add(key, histogram);
    const histograms = Object.fromEntries([...set].map(([key, each]) => [key, encodeHistogram(each)]));
    return { ...interval, histograms };
  });
}
