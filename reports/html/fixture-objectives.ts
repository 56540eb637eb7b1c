/** How the made-up run did against its budget: missed, allowed, held and not exercised. */
import type { ErrorBudget, JudgedObjective } from "../../verdict/contract.ts";

type Given = Pick<JudgedObjective, "id" | "title" | "measure"> & Partial<JudgedObjective>;
type InPhase = Pick<JudgedObjective, "phase" | "observed"> & Partial<JudgedObjective>;

const rows = (given: Given, ...phases: InPhase[]): JudgedObjective[] =>
  phases.map((phase) => ({
    op: "lt",
    target: 2000,
    unit: "ms",
    ok: true,
    key: false,
    errorBudgetUsed: null,
    burn: null,
    ...given,
    ...phase,
  }));

const byRedis = (target: number) => ({ target, by: ["redis-down"] });

export function fixtureObjectives(): JudgedObjective[] {
  return [
    ...rows(
      { id: "connect-p99", title: "Fans get in", measure: "connect.p99", target: 1000, errorBudgetUsed: 0 },
      { phase: "arrive", observed: 31 },
    ),
    ...rows(
      {
        id: "goal-p99",
        title: "A goal reaches everybody",
        measure: "event_age{class=goal}.p99",
        key: true,
        errorBudgetUsed: 0.556,
      },
      { phase: "baseline", observed: 366 },
      // The edge died when Redis was back: what that is allowed no longer held.
      { phase: "fault", observed: 1410 },
      { phase: "fault", observed: 6290, allowed: byRedis(12_000) },
      { phase: "after", observed: 352 },
    ),
    ...rows(
      {
        id: "stale",
        title: "Odds on the screen are fresh",
        measure: "stale_odds_age.p99",
        target: 5000,
        errorBudgetUsed: 11.4,
      },
      { phase: "arrive", observed: 502 },
      { phase: "baseline", observed: 499 },
      { phase: "fault", observed: 3140 },
      { phase: "fault", observed: 9210, ok: false, allowed: byRedis(8000) },
      { phase: "recovery", observed: 503 },
      { phase: "after", observed: 498 },
    ),
    ...rows(
      {
        id: "delivery",
        title: "Nothing is lost, nothing late",
        measure: "delivery.ratio",
        op: "gte",
        target: 0.9999,
        unit: "ratio",
        key: true,
        errorBudgetUsed: 1475.7,
      },
      { phase: "baseline", observed: 1 },
      { phase: "fault", observed: 0.9984, ok: false },
      { phase: "fault", observed: 0.1482, allowed: byRedis(0) },
      { phase: "recovery", observed: 1 },
      { phase: "after", observed: 1 },
    ),
    ...rows(
      {
        id: "resume",
        title: "Back after a crash",
        measure: "resume.p99",
        target: 6000,
        errorBudgetUsed: 0.44,
      },
      { phase: "fault", observed: 4310 },
    ),
    ...rows(
      {
        id: "connected",
        title: "Clients that got in",
        measure: "clients.connectedRatio",
        op: "gte",
        target: 0.9999,
        unit: "ratio",
        errorBudgetUsed: 0,
      },
      { phase: "all", observed: 1 },
    ),
    ...rows(
      {
        id: "misdelivered",
        title: "No one gets another's event",
        measure: "delivery.misdelivered",
        op: "eq",
        target: 0,
        unit: "count",
      },
      { phase: "all", observed: null, ok: null },
    ),
  ];
}

const hour = { window: "1h", windowMs: 3_600_000 };

export function fixtureErrorBudgets(): ErrorBudget[] {
  return [
    {
      ...{ id: "goal-p99", title: "A goal reaches everybody", method: "Occurrences", target: 0.99, ...hour },
      ...{ bad: 2000, total: 6000, allowedInWindow: 3600, used: 0.556, burn: 33.3 },
      worst: { burn: 100, atMs: 30_000 },
      affordablePerMonth: 1296,
    },
    {
      ...{ id: "stale", title: "Odds on the screen are fresh", method: "Timeslices", target: 0.99 },
      ...{ window: "30d", windowMs: 30 * 86_400_000, bad: 2, total: 12, allowedInWindow: 5184 },
      ...{ used: 0.000386, burn: 16.7, worst: { burn: 100, atMs: 25_000 }, affordablePerMonth: 2592 },
    },
    {
      ...{ id: "delivery", title: "Nothing is lost, nothing late", method: "Occurrences", target: 0.9999 },
      ...{ ...hour, bad: 34_003, total: 230_400, allowedInWindow: 1382.4, used: 24.6, burn: 1475.7 },
      ...{ worst: { burn: 10_000, atMs: 22_000 }, affordablePerMonth: 29.3 },
    },
    {
      ...{ id: "resume", title: "Back after a crash", method: "RatioTimeslices", target: 0.95 },
      ...{ window: null, windowMs: null, bad: 0.5, total: 60, allowedInWindow: null, used: null },
      ...{ burn: 0.167, worst: { burn: 10, atMs: 39_000 }, affordablePerMonth: 4320 },
    },
    {
      ...{ id: "connected", title: "Clients that got in", method: "Occurrences", target: 0.9999, ...hour },
      ...{
        bad: 0,
        total: 2000,
        allowedInWindow: 12,
        used: 0,
        burn: 0,
        worst: null,
        affordablePerMonth: null,
      },
    },
  ];
}
