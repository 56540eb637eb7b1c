/** What was published in the made-up run. */
import type { EventClass, Phase } from "../../common/match-day.ts";
import { applyEvent, type MatchEvent, type MatchState, screenOf } from "../../common/match-state.ts";
import type { PublishedEvent } from "../../common/records.ts";

export const stream = "match:final";
export const startAtUs = 1_795_000_000_000_000;
export const leaveAtMs = 60_000;

export const phases: Phase[] = [
  { name: "arrive", fromMs: 0, toMs: 5000 },
  { name: "baseline", fromMs: 5000, toMs: 20_000 },
  { name: "fault", fromMs: 20_000, toMs: 30_000 },
  { name: "recovery", fromMs: 30_000, toMs: 40_000 },
  { name: "after", fromMs: 40_000, toMs: leaveAtMs },
];

const goal = (factId: string, minute: number): MatchEvent => ({
  type: "GOAL",
  factId,
  version: 1,
  team: "home",
  minute,
  player: "Silva",
});
const status = (version: number, text: string): MatchEvent => ({
  type: "STATUS",
  factId: "status",
  version,
  status: text,
});

export const story: { atMs: number; class: EventClass; event: MatchEvent }[] = [
  { atMs: 500, class: "status", event: status(1, "FIRST_HALF") },
  { atMs: 8200, class: "goal", event: goal("g1", 12) },
  { atMs: 24_200, class: "goal", event: goal("g2", 30) },
  {
    atMs: 27_200,
    class: "correction",
    event: { type: "RETRACT", factId: "g2", version: 2, reason: "VAR" },
  },
  { atMs: 43_200, class: "goal", event: goal("g3", 70) },
  { atMs: 56_200, class: "status", event: status(2, "FULL_TIME") },
];

/** `published.jsonl`: the story, and odds at the middle of every second until 57 s. */
export function ledger(): PublishedEvent[] {
  const odds = Array.from({ length: 56 }, (_, second) => ({
    atMs: 1500 + second * 1000,
    class: "odds" as const,
    event: { type: "ODDS", home: 2, draw: 3, away: 4 },
  }));
  return [...story, ...odds]
    .sort((a, b) => a.atMs - b.atMs)
    .map((item, index) => ({
      stream,
      seq: index + 1,
      class: item.class,
      sourceAtUs: startAtUs + item.atMs * 1000 - 5000,
      publishedAtUs: startAtUs + item.atMs * 1000,
      event: item.event,
    }));
}

export function finalScreenOf(published: readonly PublishedEvent[]): string {
  let state: MatchState = [];
  for (const entry of published) {
    if (entry.class !== "odds") state = applyEvent(state, entry.event as MatchEvent);
  }
  return screenOf(state);
}
