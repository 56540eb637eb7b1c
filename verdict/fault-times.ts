import type { JournalEntry } from "../common/records.ts";
import type { Plan } from "./plan.ts";

/** When a fault truly was, from the journal. */
export interface FaultTimes {
  planned: Plan["faults"][number];
  /** Whether its injection was begun: from `fromMs` on it may have acted, though it took full effect only once it was injected. */
  begun: boolean;
  injected: boolean;
  healed: boolean;
  fromMs: number;
  toMs: number;
  /** What went wrong with injecting or healing it. */
  failure: string | undefined;
  /** Where the journal makes no sense: `was healed before it was injected`. */
  contradiction: string | undefined;
}

const states = ["injecting", "injected", "healing", "healed"] as const;

export function faultTimes(plan: Plan, journal: readonly JournalEntry[], startAtUs: number): FaultTimes[] {
  return plan.faults.map((planned) => {
    const entries = journal.filter(
      (entry): entry is Extract<JournalEntry, { type: "fault" }> =>
        entry.type === "fault" && entry.id === planned.id,
    );
    const at = (state: (typeof entries)[number]["state"]) => {
      const entry = entries.find((candidate) => candidate.state === state);
      return entry && atMsOf(entry, startAtUs);
    };
    const injectedAt = at("injected");
    const begunAt = at("injecting") ?? injectedAt;
    const healedAt = at("healed");
    const fromMs = begunAt ?? planned.atMs;
    return {
      planned,
      begun: begunAt !== undefined,
      injected: injectedAt !== undefined,
      healed: healedAt !== undefined,
      fromMs,
      toMs: healedAt ?? Math.max(fromMs, planned.atMs + planned.forMs),
      failure: entries.find(({ state }) => state === "failed")?.detail,
      contradiction: contradictionIn(entries.map((entry) => [entry.state, atMsOf(entry, startAtUs)])),
    };
  });
}

/** Each state comes once at most, and none before another that it follows. */
function contradictionIn(
  changes: readonly (readonly [Extract<JournalEntry, { type: "fault" }>["state"], number])[],
): string | undefined {
  const times = states.map((state) => changes.flatMap(([other, atMs]) => (other === state ? [atMs] : [])));
  const twice = times.findIndex(({ length }) => length > 1);
  if (twice >= 0) return `is ${states[twice]} twice`;
  for (const [later, [laterMs]] of times.entries()) {
    for (const [earlier, [earlierMs]] of times.slice(0, later).entries()) {
      if (laterMs !== undefined && earlierMs !== undefined && laterMs < earlierMs) {
        return `is ${states[later]} before it is ${states[earlier]}`;
      }
    }
  }
  return undefined;
}

/** A journal entry's time since the start instant. */
export function atMsOf(entry: JournalEntry, startAtUs: number): number {
  return entry.atMs ?? (entry.atUs - startAtUs) / 1000;
}
