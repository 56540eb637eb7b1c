import type { CrowdShape, EventClass, FeedScript, Phase } from "../common/match-day.ts";
import type { PaymentBehaviour, PresaleScript } from "../common/presale.ts";
import type { SystemName } from "../common/systems.ts";

/** What a scenario may depend on. */
export interface ScenarioParams {
  clients: number;
  durationMs: number;
  /** From the first injection to the last heal of the experiment; 0 without one. */
  faultMs: number;
  /** What this machine can carry: see `oddsEveryMs` of a scenario. */
  cores: number;
  seed: number;
}

export interface ScenarioPlan {
  phases: Phase[];
  feed: FeedScript;
  crowd: CrowdShape;
  /** Of a scenario on the box office: what is on sale, and how payments behave while no fault changes it. */
  presale?: PresaleScript;
  payments?: PaymentBehaviour;
}

export interface Scenario {
  id: string;
  /** One line for `matchday scenarios`. */
  title: string;
  /** A paragraph: what happens, and what it is for. */
  story: string;
  /** The system of the reference stack that it rehearses. */
  system: SystemName;
  defaults: { clients: number; durationMs: number; experiment: string };
  /** Until when an event counts as on time, from publishedAt, for each class. */
  deadlinesMs(params: Pick<ScenarioParams, "clients">): Record<EventClass, number>;
  /** The budget file that judges it, by number of clients. */
  budget(clients: number): string;
  /** The least duration that holds its story. */
  leastDurationMs(params: Omit<ScenarioParams, "durationMs">): number;
  plan(params: ScenarioParams): ScenarioPlan;
}

export function scenario(description: Scenario): Scenario {
  return description;
}
