import { applyEvent, type MatchEvent, type MatchState, screenOf } from "../../../common/match-state.ts";
import type { PublishedEvent } from "../../../common/records.ts";
import type { Violation } from "../../contract.ts";
import type { Evidence } from "../../evidence.ts";
import type { Check, Invariant } from "../../invariants/invariant.ts";

/** Every client, slow readers too, ends on the screen that the ledger's events add up to. */
export const finalScreen: Invariant = {
  id: "final-screen",
  title: "Every screen ends on the right score",
  needs: ["published.jsonl", "crowd"],
  check(evidence) {
    const result: Check = { checked: 0, violations: [], delayCouldExplain: true };
    const finals = evidence.record.generators.flatMap(({ final }) => (final ? [final] : []));
    const streams = new Set(finals.flatMap((final) => Object.keys(final.streams)));
    for (const stream of [...streams].sort()) {
      const parts = finals.flatMap((final) => final.streams[stream] ?? []);
      const leaveMs = Math.min(...parts.flatMap(({ cohorts }) => cohorts.map((cohort) => cohort.leaveMs)));
      const { right, stale, last } = screensOf(evidence, stream, leaveMs);
      // A stream on which nothing was ever said shows nothing that could be wrong.
      if (last === undefined) continue;
      for (const [slow, screens] of [
        [false, total(parts.map((part) => part.screens))],
        [true, total(parts.map((part) => part.slowScreens))],
      ] as const) {
        for (const [screen, clients] of screens) {
          result.checked += clients;
          if (right.has(screen)) continue;
          if (!stale.has(screen)) result.delayCouldExplain = false;
          result.violations.push(violation(stream, screen, clients, slow, last));
        }
      }
    }
    return result;
  },
};

function violation(
  stream: string,
  screen: string,
  clients: number,
  slow: boolean,
  expected: string,
): Violation {
  const who = `${clients.toLocaleString("en")} ${slow ? "slow " : ""}${clients === 1 ? "client ends" : "clients end"}`;
  return { what: `${who} on "${screen}" instead of "${expected}"`, stream };
}

function total(parts: readonly Record<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const [screen, clients] of parts.flatMap((part) => Object.entries(part))) {
    sum.set(screen, (sum.get(screen) ?? 0) + clients);
  }
  return new Map([...sum].sort(([, a], [, b]) => b - a));
}

/**
 * The screens that are right at the end, those that were right once, and the last one. What was published so late that
 * its deadline is after the leave may be on the screen, and need not be.
 */
function screensOf({ plan, record, startAtUs }: Evidence, stream: string, leaveMs: number) {
  const events = record.published
    .filter((entry) => entry.stream === stream && isMatchEvent(entry))
    .sort((a, b) => a.seq - b.seq);
  let state: MatchState = [];
  const stale = new Set([screenOf(state)]);
  const right = new Set<string>();
  let last: string | undefined;
  let settled = screenOf(state);
  for (const entry of events) {
    state = applyEvent(state, entry.event as MatchEvent);
    last = screenOf(state);
    stale.add(last);
    const dueMs = (entry.publishedAtUs - startAtUs) / 1000 + (plan.deadlinesMs[entry.class] ?? 0);
    if (dueMs <= leaveMs) {
      settled = last;
      right.clear();
    } else right.add(last);
  }
  right.add(settled);
  return { right, stale, last };
}

const isMatchEvent = (entry: PublishedEvent) => (entry.event as { type?: string } | null)?.type !== "ODDS";
