import type { Verdict } from "../../verdict/contract.ts";

/** While a run goes on there is no verdict yet: what is known comes from the plan and the first figures. */
export interface LiveVerdict
  extends Pick<
    Verdict,
    "run" | "scenario" | "design" | "stack" | "startedAt" | "durationMs" | "seed" | "command" | "machine"
  > {
  verdict: "running";
  /** What goes on now: `Redis away: 1,998 of 2,000 clients open, 24 of 60 s.` */
  sentence: string;
  objectives?: Verdict["objectives"];
  invariants?: Verdict["invariants"];
  findings?: Verdict["findings"];
  faults?: Verdict["faults"];
  generator?: Verdict["generator"];
}

/** A run's verdict, or what there is of it so far. */
export type ReportVerdict = Verdict | LiveVerdict;

/** A measure in this run and in the run that it is compared with. */
export interface BaselineRow {
  measure: string;
  phase?: string;
  unit: "ms" | "ratio" | "count";
  now: number | null;
  before: number | null;
  /** `noise`: the difference is no more than two equal runs show. */
  change: "better" | "worse" | "noise" | "unknown";
}

export interface Baseline {
  /** The run that is compared with. */
  name: string;
  rows: BaselineRow[];
}

export const outcomes = {
  pass: { glyph: "✓", word: "Passed" },
  fail: { glyph: "✗", word: "Failed" },
  unknown: { glyph: "?", word: "Unknown" },
  running: { glyph: "●", word: "Running" },
} as const;
