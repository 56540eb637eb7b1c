/** verdict.json, schema `matchday.verdict/1`. Every duration is in milliseconds, and names carry units. */
import type { JourneyEnd } from "../common/journey.ts";
import type { PhaseName } from "../common/match-day.ts";

export type Outcome = "pass" | "fail" | "unknown";

export interface MeasureSummary {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
  count: number;
}

export interface Delivery {
  /** What clients were owed; = onTime + late + lost. */
  expected: number;
  onTime: number;
  late: number;
  lost: number;
  duplicate: number;
  reordered: number;
  misdelivered: number;
  /** Of onTime and late: came through a resume. */
  recovered: number;
  /** onTime / expected; 1 when nothing was owed. */
  ratio: number;
}

/** One line of a budget: `measure` of `phase` `op` `target`. */
export interface Objective {
  id: string;
  title: string;
  /** `all`, `steady` (baseline and after), or one phase. */
  phase: PhaseName | "all" | "steady";
  /**
   * `event_age{class=goal}.p99`, `stale_odds_age.p99`, `connect.p95` …, in ms; or `delivery.ratio`, `delivery.lost`,
   * `delivery.misdelivered`, `delivery.duplicate`, `clients.connectedRatio`.
   */
  measure: string;
  op: "lt" | "lte" | "gt" | "gte" | "eq";
  target: number;
  unit: "ms" | "ratio" | "count";
  /** A run that did not exercise a key objective is unknown; any other may stay untested. */
  key: boolean;
  weight: number;
}

export interface Budget {
  id: string;
  title: string;
  objectives: Objective[];
  /** Invariants (never, zero): key objectives of their own. */
  invariants: string[];
}

export interface JudgedObjective {
  id: string;
  title: string;
  phase: string;
  measure: string;
  op: Objective["op"];
  target: number;
  unit: Objective["unit"];
  /** `null`: not exercised in this run. */
  observed: number | null;
  ok: boolean | null;
  key: boolean;
  /** Share of the budget that is used: 1 is all of it. For a latency: the share of samples beyond the target, over the share allowed. */
  errorBudgetUsed: number | null;
}

export interface Violation {
  what: string;
  client?: number;
  stream?: string;
  seq?: number;
  seat?: string;
  booking?: string;
  buyer?: string;
}

export interface JudgedInvariant {
  id: string;
  title: string;
  ok: boolean | null;
  /** How many things were looked at. */
  checked: number;
  violations: Violation[];
}

export interface JudgedFault {
  id: string;
  kind: string;
  target: string;
  band: string;
  fromMs: number;
  toMs: number;
  /** From the injection to the first sign of it in the crowd's or the stack's figures; null: no sign. */
  detectedAfterMs: number | null;
  /** From the heal until the crowd's figures were back for three seconds; null: not within the run. */
  steadyAfterMs: number | null;
  healed: boolean;
  expectations: { id: string; ok: boolean | null; observed: string }[];
}

export interface Finding {
  severity: "high" | "medium" | "low";
  title: string;
  evidence: string;
  /** Where to look on the charts. */
  when: { fromMs: number; toMs: number } | null;
  remedy: string;
}

export interface JourneyEndCount {
  journey: string;
  end: JourneyEnd;
  cause: string;
  clients: number;
}

/** What became of the clients that walked journeys. */
export interface JourneySummary {
  /** How many came how far; empty where nothing was on sale. */
  funnel: {
    stage: "arrived" | "joined" | "admitted" | "held" | "asked to pay" | "booked";
    buyers: number;
    bots: number;
  }[];
  ends: JourneyEndCount[];
  /** Names in `measures` of the steps, in the order in which they are walked. */
  steps: string[];
  /** In the end. */
  seats?: { all: number; sold: number; held: number; free: number; indeterminate: number };
}

export interface Verdict {
  schema: "matchday.verdict/1";
  verdict: Outcome;
  /** Why, in one sentence, as the report begins. */
  sentence: string;
  score: number;
  run: string;
  scenario: string;
  design: string;
  stack: string;
  startedAt: string;
  durationMs: number;
  seed: number;
  command: string;
  machine: { os: string; cpu: string; cores: number; memoryBytes: number; node: string; fileLimit: number };
  clients: {
    planned: number;
    connected: number;
    failed: number;
    openWithinMs: number;
    releaseLagP99Ms: number;
  };
  measures: Record<string, MeasureSummary>;
  delivery: Delivery;
  /** Absent where clients walk no journeys. */
  journeys?: JourneySummary;
  phases: {
    name: PhaseName;
    fromMs: number;
    toMs: number;
    measures: Record<string, MeasureSummary>;
    delivery: Delivery;
  }[];
  objectives: JudgedObjective[];
  invariants: JudgedInvariant[];
  faults: JudgedFault[];
  generator: {
    processes: number;
    bytesPerClient: number;
    cpuUsPerEvent: number;
    cpuUsPerOpen: number;
    releaseLagP99Ms: number;
    readLagP99Ms: number;
    clockErrorUs: number;
    kernelTimestampRatio: number;
    saturated: boolean;
    reasons: string[];
  };
  findings: Finding[];
}
