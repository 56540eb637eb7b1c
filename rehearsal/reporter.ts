import type { LiveFeed } from "../measurements/live.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import type { Verdict } from "../verdict/contract.ts";
import type { Plan } from "../verdict/plan.ts";
import type { LiveSource } from "./conductor.ts";
import type { SavedRun } from "./saved-run.ts";

/** What a rehearsal needs of those who draw it; how things look is decided outside. */
export interface Reporter {
  /** Files of the run folder that are made of a verdict, by name. */
  files(saved: SavedRun, verdict: Verdict): Record<string, string>;
  /** The page of a run that goes on. */
  live(plan: Plan, feed: LiveFeed, soFar: () => Omit<RunRecord, "generators">): LiveSource;
}
