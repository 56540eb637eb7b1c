import type { EventClass, Phase } from "../common/match-day.ts";

/** What the charts need of a plan; `Plan` fits. */
export interface PlanLike {
  clients: number;
  durationMs: number;
  phases: Phase[];
  faults: { id: string; kind: string; atMs: number; forMs: number; band?: string }[];
  deadlinesMs: Partial<Record<EventClass, number>>;
  startAtUs?: number;
  machine?: { cores: number };
  crowd?: { journeys?: unknown[] };
}
