import type { CrowdShape, EventClass, Phase } from "../common/match-day.ts";
import type { SystemName, SystemScripts } from "../common/systems.ts";

/** What a scenario may depend on. */
export interface ScenarioParams {
  clients: number;
  durationMs: number;
  /** From the first injection to the last heal of the experiment; 0 without one. */
  faultMs: number;
  /** Its faults, after the start of the fault phase: a scenario has something happen under each. Absent: it is not known which. */
  faults?: readonly { atMs: number; forMs: number }[];
  /** What this machine can carry: see `oddsEveryMs` of a scenario. */
  cores: number;
  seed: number;
}

export interface ScenarioPlan<System extends SystemName = SystemName> {
  phases: Phase[];
  crowd: CrowdShape;
  /** What its system is told to do. */
  script: SystemScripts[System];
}

export interface Scenario<System extends SystemName = SystemName> {
  id: string;
  /** One line for `matchday scenarios`. */
  title: string;
  /** A paragraph: what happens, and what it is for. */
  story: string;
  /** The system of the reference stack that it rehearses. */
  system: System;
  defaults: { clients: number; durationMs: number; experiment: string };
  /** Until when an event counts as on time, from publishedAt, for each class that its system has; none where nothing is published. */
  deadlinesMs?(params: Pick<ScenarioParams, "clients">): Partial<Record<EventClass, number>>;
  /** The budget file that judges it, by number of clients. */
  budget(clients: number): string;
  /** The least duration that holds its story. */
  leastDurationMs(params: Omit<ScenarioParams, "durationMs">): number;
  plan(params: ScenarioParams): ScenarioPlan<System>;
}

export function scenario<System extends SystemName>(description: Scenario<System>): Scenario<System> {
  return description;
}
