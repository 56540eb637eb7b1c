import type { PlannedFault } from "../common/experiment.ts";
import type { CrowdShape, EventClass, Phase, TracePlan } from "../common/match-day.ts";
import type { PlannedSystem } from "../common/systems.ts";
import type { Budget } from "./contract.ts";

/** `plan.json`: all that was decided before the start, the budget included, so that a saved run can be judged again. */
export interface Plan {
  version: 2;
  run: string;
  scenario: string;
  title: string;
  system: PlannedSystem;
  stack: "local" | "containers" | "target";
  seed: number;
  command: string;
  clients: number;
  durationMs: number;
  phases: Phase[];
  crowd: CrowdShape;
  /** Of event classes that its system publishes. */
  deadlinesMs: Partial<Record<EventClass, number>>;
  /** `atMs` counts from the start instant here. */
  faults: (PlannedFault & { target?: string; band?: string })[];
  experiment: string | null;
  /** Absent in runs from before there were traces. */
  trace?: TracePlan;
  budget: Budget;
  generators: number;
  edges: number;
  machine: { os: string; cpu: string; cores: number; memoryBytes: number; node: string; fileLimit: number };
  /** Whether the run folder has a `seal.json` once the run has ended. Absent in runs from before there were seals. */
  sealed?: boolean;
  /** Written when the run starts. */
  startAtUs?: number;
  startedAt?: string;
}
