/** An experiment as its YAML says it, checked. */
export interface Experiment {
  id: string;
  title: string;
  faults: PlannedFault[];
}

export interface PlannedFault {
  /** Unique in the experiment: `redis-down`, or `redis-down-2`. */
  id: string;
  kind: string;
  options: Record<string, unknown>;
  /** After the start of the fault phase. */
  atMs: number;
  forMs: number;
  /** What should hold although it happens; judged by the verdict. */
  expect: Expectation[];
  /** What it may cost. Absent: nothing but what the objectives allow. */
  allow?: FaultAllowance;
}

export interface FaultAllowance {
  /** `measure` as objectives name it (`event_age{class=goal}.p99`), `target` in its unit: ms, a share, a count; `unit` as it was written. */
  measures: { measure: string; target: number; unit: "ms" | "ratio" | "count" }[];
  /** From the injection; after it nothing is allowed, healed and steady or not. */
  forAtMostMs: number;
}

/** What a budget allows a fault, by its id or kind. */
export interface Allowance extends FaultAllowance {
  fault: string;
}

export type Expectation =
  | {
      id: "clients-stay-connected" /** Share of planned clients that stay open in every second of the fault. */;
      share: number;
    }
  | { id: "nothing-lost" }
  | { id: "steady-within" /** After the heal. */; ms: number };
