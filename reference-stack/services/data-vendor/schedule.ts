import type { FeedMessage, FeedScript } from "../../../common/match-day.ts";
import { oddsWalk } from "./odds-walk.ts";
import { tracePlanner } from "./trace-planner.ts";

/**
 * All that the vendor will say, in order of its instants. The same script and start give the same messages with the
 * same numbers, so that a vendor that was restarted goes on where its followers stand.
 */
export function scheduleOf({ items, odds, trace }: FeedScript, startAtUs: number): FeedMessage[] {
  const due: Omit<FeedMessage, "n" | "source">[] = items.map((item) => ({
    stream: item.stream,
    class: item.class,
    version: item.event.version,
    sourceAtUs: startAtUs + Math.round(item.atMs * 1000),
    event: item.event,
  }));
  for (const { stream, everyMs, fromMs, toMs, seed } of odds) {
    const walk = oddsWalk(seed);
    for (let tick = 0; fromMs + tick * everyMs < toMs; tick++) {
      due.push({
        stream,
        class: "odds",
        version: tick + 1,
        sourceAtUs: startAtUs + Math.round((fromMs + tick * everyMs) * 1000),
        event: walk.next().value,
      });
    }
  }
  // The sort is stable: at one instant items come before odds, in the script's order.
  const numbered: FeedMessage[] = due
    .sort((a, b) => a.sourceAtUs - b.sourceAtUs)
    .map((message, index) => ({ n: index + 1, source: "vendor", ...message }));
  if (!trace) return numbered;
  const traceparentOf = tracePlanner(trace, startAtUs);
  return numbered.map((message) => {
    const traceparent = traceparentOf(message);
    return traceparent === undefined ? message : { ...message, traceparent };
  });
}
