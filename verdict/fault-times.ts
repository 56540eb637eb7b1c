import type { JournalEntry } from "../common/records.ts";
import type { Plan } from "./plan.ts";

/** When a fault truly was, from the journal. */
export interface FaultTimes {
  planned: Plan["faults"][number];
  /** Whether it was injected at all. */
  injected: boolean;
  healed: boolean;
  fromMs: number;
  toMs: number;
  /** What went wrong with injecting or healing it. */
  failure: string | undefined;
}

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
    const healedAt = at("healed");
    const fromMs = injectedAt ?? planned.atMs;
    return {
      planned,
      injected: injectedAt !== undefined,
      healed: healedAt !== undefined,
      fromMs,
      toMs: healedAt ?? Math.max(fromMs, planned.atMs + planned.forMs),
      failure: entries.find(({ state }) => state === "failed")?.detail,
    };
  });
}

/** A journal entry's time since the start instant. */
export function atMsOf(entry: JournalEntry, startAtUs: number): number {
  return entry.atMs ?? (entry.atUs - startAtUs) / 1000;
}
