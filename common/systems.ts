import type { FeedScript } from "./match-day.ts";
import type { SaleScript } from "./presale.ts";

/** What a journey may name of a system: its groups of base URLs, and the events that its streams bring. */
export interface SystemWords {
  targets: readonly string[];
  events: readonly string[];
}

/** The systems of the reference stack, in the words of those who use them. */
export const systems = {
  "live-scores": {
    targets: ["edges"],
    events: ["snapshot", "goal", "correction", "card", "status", "odds"],
  },
  "box-office": {
    targets: ["edges", "box-office"],
    events: ["joined", "position", "admitted", "sold-out"],
  },
} as const satisfies Record<string, SystemWords>;

export type SystemName = keyof typeof systems;

/** What each system is told to do in a run. */
export interface SystemScripts {
  "live-scores": FeedScript;
  "box-office": SaleScript;
}

/** A system as a plan has it: which, in which design, and what it is told to do. */
export type PlannedSystem = {
  [Id in SystemName]: { id: Id; design: string; script: SystemScripts[Id] };
}[SystemName];
