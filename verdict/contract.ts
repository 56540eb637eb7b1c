/** verdict.json, schema `matchday.verdict/2`. Every duration is in milliseconds, and names carry units. */
import type { Allowance, FaultAllowance } from "../common/experiment.ts";
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
  /** Events read that carry no number, time or class that the crowd can read: in none of the others, and not expected. */
  notJudged: number;
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
  /** Absent in runs from before error budgets burned, and in what is no SLO of events or slices. */
  slo?: SloTerms;
}

/** An objective's error budget, as OpenSLO v1 says it. */
export interface SloTerms {
  /** Share of good events (`Occurrences`), of good slices (`Timeslices`), or mean of the slices' shares. */
  target: number;
  method: "Occurrences" | "Timeslices" | "RatioTimeslices";
  /** Of `Timeslices`: a slice is good when so much of it is. */
  sliceTarget?: number;
  sliceMs?: number;
  /** What makes a sample good, where the target is a share of slices of a latency; in ms. */
  threshold?: { op: Objective["op"]; value: number };
  /** Absent where the SLO names none: then nothing is said of what a window allows. */
  window?: SloWindow;
}

export interface SloWindow {
  /** As it is written: `30d`, `1M`. */
  duration: string;
  /** Of a calendar window: of its first one. The one that a run falls into may be longer or shorter. */
  ms: number;
  isRolling: boolean;
  /** Calendar windows: when they begin. */
  startTime?: string;
  timeZone?: string;
}

export interface Budget {
  id: string;
  title: string;
  objectives: Objective[];
  /** Invariants (never, zero): key objectives of their own. */
  invariants: string[];
  /** What faults may cost, beside what their experiment allows. */
  allowances?: Allowance[];
  /** How an objective that was not exercised weighs in the score; left out of it by default. */
  untested?: "fail";
}

/** One objective in one phase; of an objective that was never exercised, one with nothing observed. */
export interface JudgedObjective {
  id: string;
  title: string;
  /**
   * `fault` is from the injection of a fault until the run is steady again, whatever was planned; `all` is the whole run,
   * for what cannot be told apart by time.
   */
  phase: PhaseName | "all" | "steady";
  /** Ids of the faults that lasted, of phase `fault`: each set of them is judged by itself. */
  faults?: string[];
  measure: string;
  op: Objective["op"];
  target: number;
  unit: Objective["unit"];
  /** What holds instead of the target, while faults that are allowed more last. */
  allowed?: { target: number; by: string[] };
  /** `null`: not exercised in this run. */
  observed: number | null;
  /** Against what is allowed, or else the target. */
  ok: boolean | null;
  key: boolean;
  /**
   * Share of the objective's error budget that the whole run has used, phases and allowances aside: 1 is all that its window
   * allows at this run's traffic.
   */
  errorBudgetUsed: number | null;
  /** How fast this phase has used it: 1 uses up exactly what the target allows. */
  burn: number | null;
}

/** What the whole run cost an SLO. Allowances excuse a phase, and no bad event. */
export interface ErrorBudget {
  id: string;
  title: string;
  method: SloTerms["method"];
  /** Share of what must be good. */
  target: number;
  /** Events of the run, or slices of it. Of `RatioTimeslices`, `bad` is the sum of what each slice lacks. */
  bad: number;
  total: number;
  /** `1h`; null where the SLO names none. */
  window: string | null;
  windowMs: number | null;
  /** How many bad ones the window allows at this run's traffic. */
  allowedInWindow: number | null;
  /** bad / allowedInWindow */
  used: number | null;
  /** bad / total over what the target allows: 1 uses up the budget exactly. */
  burn: number;
  /** Of its worst second, and when that began. */
  worst: { burn: number; atMs: number } | null;
  /** How many such runs 30 days of this SLO afford, everything else being good; null: any number. */
  affordablePerMonth: number | null;
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
  /** From the injection to the first sign of it in the crowd's or the stack's figures; null: none that is surely its own. */
  detectedAfterMs: number | null;
  /** From the heal until the crowd's figures were back for three seconds; null: not within the run. */
  steadyAfterMs: number | null;
  injected: boolean;
  healed: boolean;
  /** What it may cost, until steady and for so long at most; null: nothing but what the objectives allow. */
  allow: FaultAllowance | null;
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

/** What the run cost its users, one by one. */
export interface UserImpact {
  /** That followed a stream. */
  clients: number;
  /** To whom at least one goal came late. */
  withLateGoal: number;
  /** How long a client waited for events that were late already; over all clients, those without a bad second among them. */
  badTimeP50Ms: number;
  badTimeP99Ms: number;
}

export interface Verdict {
  schema: "matchday.verdict/2";
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
  /** One for each objective that is an SLO of something that was exercised. */
  errorBudgets: ErrorBudget[];
  /** Absent where no client told its own times. */
  users?: UserImpact;
  /** Ids of objectives and invariants that this run did not exercise: the score says nothing of them. */
  untested: string[];
  /** Where the budget says so: what was not exercised weighs as failed in the score. */
  untestedAs?: "fail";
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
