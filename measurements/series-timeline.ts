import type { EventClass } from "../common/match-day.ts";
import type { JournalEntry, PublishedEvent } from "../common/records.ts";
import type { PlanLike } from "./plan-like.ts";

/** A fault as it is drawn: where the journal says that it was, else where the plan has it. */
export interface SeriesFault {
  id: string;
  kind: string;
  band: string;
  fromMs: number;
  toMs: number;
  state: "planned" | "active" | "healed" | "failed";
}

export interface Moment {
  atMs: number;
  class: EventClass;
  /** `GOAL`, `RETRACT`, `FULL_TIME` …: for a person's eye. */
  label: string;
}

/** More than a match has; a bound for a feed that sends something else. */
const mostMoments = 200;

/** The start instant; without one (the run never started) the first entry of the journal. */
export function startOf(plan: PlanLike, journal: JournalEntry[]): number {
  if (plan.startAtUs !== undefined) return plan.startAtUs;
  const started = journal.find((entry) => entry.type === "run" && entry.state === "started");
  return (started ?? journal[0])?.atUs ?? 0;
}

export function timelineFaults(
  planned: PlanLike["faults"],
  journal: JournalEntry[],
  startAtUs: number,
): SeriesFault[] {
  const atMs = (entry: JournalEntry) => entry.atMs ?? (entry.atUs - startAtUs) / 1000;
  return planned.map((fault) => {
    const own = journal.filter((entry) => entry.type === "fault" && entry.id === fault.id);
    const when = (...states: string[]) => {
      const entry = own.find((one) => one.type === "fault" && states.includes(one.state));
      return entry && Math.round(atMs(entry));
    };
    const fromMs = when("injected") ?? when("injecting");
    const healedMs = when("healed");
    return {
      id: fault.id,
      kind: fault.kind,
      band: fault.band ?? fault.id,
      fromMs: fromMs ?? fault.atMs,
      toMs: healedMs ?? Math.max((fromMs ?? fault.atMs) + fault.forMs, when("healing") ?? 0),
      state:
        healedMs !== undefined
          ? "healed"
          : when("failed") !== undefined
            ? "failed"
            : fromMs !== undefined
              ? "active"
              : "planned",
    };
  });
}

export function momentsOf(published: PublishedEvent[], startAtUs: number): Moment[] {
  return published
    .filter((event) => event.class !== "odds")
    .slice(0, mostMoments)
    .map(({ class: eventClass, event, publishedAtUs }) => ({
      atMs: Math.round((publishedAtUs - startAtUs) / 1000),
      class: eventClass,
      label: labelOf(event) ?? eventClass.toUpperCase(),
    }));
}

function labelOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const { type, status } = event as { type?: unknown; status?: unknown };
  if (typeof status === "string") return status;
  return typeof type === "string" ? type : undefined;
}
