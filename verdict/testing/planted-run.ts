/** A made-up run in which Redis was away and a known number of things went wrong, for those who count them. */
import type { RunRecord } from "../../measurements/run-record.ts";
import type { Plan } from "../plan.ts";
import { addSamples, healthyRun, lose, removeSamples, withFault } from "./record.ts";
import { startAtUs } from "./story.ts";

/**
 * 60 s, 2,000 clients, 62 events: the first four owed to 1,000, the others to 2,000, which makes 120,000 deliveries. The twelve
 * events from 20 s to 30 s (a goal among them) come at 30.3 s, too late: 24,000 deliveries. Of the odds at 45.5 s 500 are lost.
 */
export function plantedRun(): { plan: Plan; record: RunRecord } {
  const run = withFault(healthyRun());
  const { record } = run;
  const atMs = ({ publishedAtUs }: { publishedAtUs: number }) => (publishedAtUs - startAtUs) / 1000;
  const late = record.published.filter((event) => atMs(event) >= 20_000 && atMs(event) < 30_000);
  const lost = record.published.find((event) => atMs(event) === 45_500)!;
  const inOutage = (second: number) => second >= 20 && second < 30;
  removeSamples(record, "event_age", inOutage);
  for (const [generator, { final }] of record.generators.entries()) {
    const { events } = Object.values(final!.streams)[0]!;
    for (const event of events) {
      if (late.some(({ seq }) => seq === event.seq)) {
        event.late = event.onTime;
        event.onTime = 0;
      }
      if (event.seq === lost.seq) lose(record, { generator, event, clients: 250 });
    }
    for (const event of late) {
      const ageMs = Math.round(30_300 - atMs(event));
      addSamples(
        record,
        { second: 30, key: `event_age{class=${event.class}}@fault`, generator },
        { [ageMs]: 1000 },
      );
    }
  }
  return run;
}
