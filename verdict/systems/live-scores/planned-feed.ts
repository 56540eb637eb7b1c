import { formatMs } from "../../../common/duration.ts";
import type { FeedItem } from "../../../common/match-day.ts";
import type { PublishedEvent } from "../../../common/records.ts";
import type { Evidence } from "../../evidence.ts";
import type { FeedDifferences } from "../../system-judge.ts";
import { countOf, formatCount } from "../../words.ts";

/** Clocks of one machine agree better; nothing is published so long before its time. */
const earlyMs = 1000;

export function feedDifferences({ plan, record, startAtUs }: Evidence): FeedDifferences {
  if (plan.system.id !== "live-scores") return { missing: [], impossible: [] };
  const { items, odds } = plan.system.script;
  const atMs = ({ publishedAtUs }: PublishedEvent) => (publishedAtUs - startAtUs) / 1000;
  const isOwed = (ms: number, deadlineMs = 0) => ms + deadlineMs <= plan.crowd.leaveAtMs;
  const published = new Map(record.published.map((event) => [identityOf(event), event]));
  const never: FeedItem[] = [];
  const early: FeedItem[] = [];
  for (const item of items) {
    const event = published.get(identityOf(item));
    if (event === undefined) {
      if (isOwed(item.atMs, plan.deadlinesMs[item.class])) never.push(item);
    } else if (atMs(event) < item.atMs - earlyMs) early.push(item);
  }
  const unsaid = record.published.filter((event) => event.publishedAtUs < event.sourceAtUs - earlyMs * 1000);
  const tooFew = odds.flatMap(({ stream, everyMs, fromMs, toMs }) => {
    const lastMs = Math.min(toMs, plan.crowd.leaveAtMs - (plan.deadlinesMs.odds ?? 0));
    const due = Math.max(0, Math.ceil((lastMs - fromMs) / everyMs));
    const said = new Set(
      record.published
        .filter((event) => event.class === "odds" && event.stream === stream)
        .map(({ seq }) => seq),
    ).size;
    return said < due ? [`${formatCount(said)} of ${formatCount(due)} odds of ${stream} were published`] : [];
  });
  return {
    missing: [
      ...listed(never, "was planned and never published", "were planned and never published"),
      ...tooFew,
    ],
    impossible: [
      ...listed(early, "was published before it was due", "were published before they were due"),
      ...(unsaid.length === 0
        ? []
        : [`${countOf(unsaid.length, "event was", "events were")} published before the vendor had said it`]),
    ],
  };
}

/** What the vendor says, and what is published of it, by what it is about. */
function identityOf({ stream, event }: Pick<PublishedEvent, "stream" | "event">): string {
  const { type, factId, version } = event as { type?: string; factId?: string; version?: number };
  return JSON.stringify([stream, type, factId, version]);
}

function listed(items: readonly FeedItem[], one: string, several: string): string[] {
  const [first] = items;
  if (!first) return [];
  const what = `the ${first.class} of ${first.stream} at ${formatMs(first.atMs)}`;
  return [
    items.length === 1 ? `${what} ${one}` : `${what} and ${formatCount(items.length - 1)} more ${several}`,
  ];
}
