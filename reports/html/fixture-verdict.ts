/** The verdict on the made-up run of `fixture.ts`: one objective failed, findings, two faults. */
import type { Delivery, MeasureSummary, Verdict } from "../../verdict/contract.ts";
import { fixtureErrorBudgets, fixtureObjectives } from "./fixture-objectives.ts";
import type { Baseline } from "./view.ts";

const summary = (p50Ms: number, p99Ms: number, count: number): MeasureSummary => ({
  p50Ms,
  p95Ms: p50Ms + (p99Ms - p50Ms) * 0.6,
  p99Ms,
  p999Ms: p99Ms * 1.2,
  maxMs: p99Ms * 1.4,
  count,
});

const delivery: Delivery = {
  expected: 230_400,
  onTime: 196_397,
  late: 34_000,
  lost: 3,
  duplicate: 0,
  reordered: 0,
  misdelivered: 0,
  notJudged: 0,
  recovered: 1210,
  ratio: 0.8524,
};

export function fixtureVerdict(): Verdict {
  const measures = {
    connect: summary(7, 31, 2000),
    "event_age{class=goal}": summary(240, 6290, 6000),
    "event_age{class=odds}": summary(9, 8410, 224_000),
    stale_odds_age: summary(268, 9210, 480_000),
    resume: summary(2400, 4310, 667),
    release_lag: summary(0.3, 3.1, 2000),
    read_lag: summary(0.4, 4.2, 230_000),
  };
  return {
    schema: "matchday.verdict/2",
    verdict: "fail",
    sentence:
      "Failed: 3 of 230,400 events never arrived, and 2,000 fans saw the second goal 6.29 s late (p99) while Redis was away for 10 s.",
    score: 71,
    run: "2026-11-21T13-06-40-goal-spike",
    scenario: "goal-spike",
    design: "sse-redis",
    stack: "local",
    startedAt: "2026-11-21T13:06:40.000Z",
    durationMs: 60_000,
    seed: 42,
    command:
      "matchday run goal-spike --clients 2000 --design sse-redis --chaos redis-then-edge.yaml --seed 42",
    machine: {
      os: "Linux 6.1 x64",
      cpu: "AMD EPYC 7B13",
      cores: 2,
      memoryBytes: 24 * 1024 ** 3,
      node: "v24.21.0",
      fileLimit: 20_000,
    },
    clients: { planned: 2000, connected: 2000, failed: 0, openWithinMs: 10_012, releaseLagP99Ms: 3.1 },
    measures,
    delivery,
    phases: [
      { name: "arrive", fromMs: 0, toMs: 10_000, measures: { connect: measures.connect }, delivery },
      {
        name: "fault",
        fromMs: 20_000,
        toMs: 41_000,
        measures: { "event_age{class=goal}": measures["event_age{class=goal}"] },
        delivery,
      },
    ],
    objectives: fixtureObjectives(),
    errorBudgets: fixtureErrorBudgets(),
    users: { clients: 2000, withLateGoal: 1998, badTimeP50Ms: 11_000, badTimeP99Ms: 14_200 },
    untested: ["misdelivered"],
    invariants: [
      {
        id: "screens-agree",
        title: "Every screen ends at the score of the database",
        ok: true,
        checked: 2000,
        violations: [],
      },
      {
        id: "nothing-lost",
        title: "No event is lost",
        ok: false,
        checked: 230_400,
        violations: [{ what: "never arrived", client: 814, stream: "match-1", seq: 82 }],
      },
    ],
    faults: [
      {
        id: "redis-down",
        kind: "redis-down",
        target: "all Redis legs",
        band: "Redis away",
        fromMs: 20_031,
        toMs: 30_012,
        detectedAfterMs: 980,
        steadyAfterMs: 1400,
        injected: true,
        healed: true,
        allow: {
          measures: [
            { measure: "event_age.p99", target: 12_000, unit: "ms" },
            { measure: "stale_odds_age.p99", target: 8000, unit: "ms" },
            { measure: "delivery.ratio", target: 0, unit: "ratio" },
            { measure: "delivery.late", target: 50_000, unit: "count" },
          ],
          forAtMostMs: 15_000,
        },
        expectations: [
          { id: "clients-stay-connected", ok: true, observed: "2,000 of 2,000 stayed open in every second" },
          {
            id: "nothing-lost",
            ok: true,
            observed: "40,000 events came late through the gap fill, none was lost",
          },
        ],
      },
      {
        id: "edge-crash",
        kind: "edge-crash",
        target: "edge-2",
        band: "edge-2 killed",
        fromMs: 38_002,
        toMs: 41_340,
        detectedAfterMs: 12,
        steadyAfterMs: null,
        injected: true,
        healed: true,
        allow: null,
        expectations: [{ id: "nothing-lost", ok: false, observed: "3 events were lost" }],
      },
    ],
    generator: {
      processes: 2,
      bytesPerClient: 8130,
      cpuUsPerEvent: 9.1,
      cpuUsPerOpen: 128,
      releaseLagP99Ms: 3.1,
      readLagP99Ms: 4.2,
      clockErrorUs: 14,
      kernelTimestampRatio: 1,
      saturated: false,
      reasons: [],
    },
    findings: [
      {
        severity: "medium",
        title: "Odds on the screen grow old while Redis is away",
        evidence: "stale_odds_age p99 rose to 9.21 s, a second for each second of the outage.",
        when: { fromMs: 20_031, toMs: 31_400 },
        remedy:
          "Suspend the market on the screen after 2 s without a quote, or give the edges a second way to the feed.",
      },
      {
        severity: "high",
        title: "A resume can skip events that were published while it ran",
        evidence: "3 clients of edge-2 missed seq 82, published 0.7 s after the kill.",
        when: { fromMs: 38_000, toMs: 43_000 },
        remedy: "Subscribe before reading the Stream, and drop what is doubled by its sequence.",
      },
    ],
  };
}

export const fixtureBaseline: Baseline = {
  name: "2026-11-20T09-00-12-goal-spike",
  rows: [
    {
      measure: "event_age{class=goal}.p99",
      phase: "steady",
      unit: "ms",
      now: 366,
      before: 371,
      change: "noise",
    },
    { measure: "stale_odds_age.p99", phase: "fault", unit: "ms", now: 9210, before: 4120, change: "worse" },
    { measure: "connect.p99", unit: "ms", now: 31, before: 54, change: "better" },
    { measure: "delivery.ratio", unit: "ratio", now: 0.8524, before: null, change: "unknown" },
  ],
};
