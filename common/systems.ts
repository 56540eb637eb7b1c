import type { FeedScript } from "./match-day.ts";
import type { SaleScript } from "./presale.ts";

/** What a journey may name of a system: its groups of base URLs, and the events that its streams bring. */
export interface SystemWords {
  /** One line: what it is, and what is rehearsed on it. */
  title: string;
  targets: readonly string[];
  events: readonly string[];
}

/** The systems of the reference stack, in the words of those who use them. */
export const systems = {
  "live-scores": {
    title: "Fans follow a match over SSE: feed, ingestion, PostgreSQL, Redis, edges that fan out",
    targets: ["edges"],
    events: ["snapshot", "goal", "correction", "card", "status", "odds"],
  },
  "box-office": {
    title: "A presale: waiting room, admission, seats held in Redis, bookings over two shards, payments",
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
