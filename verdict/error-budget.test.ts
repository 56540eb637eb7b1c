/** Ten error budgets of one run: counted by hand, and a second time in SQL from what the run's files hold. */
import { DatabaseSync } from "node:sqlite";
import { JsHistogram } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { tryParseKey } from "../measurements/keys.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import type { ErrorBudget } from "./contract.ts";
import { judge } from "./judge.ts";
import { plantedRun } from "./testing/planted-run.ts";
import { healthyRun, startAtUs } from "./testing/record.ts";
import { budgetOf, ratio, sloOf, threshold } from "./testing/slo-text.ts";

const run = plantedRun();

const hour = "[{duration: 1h}]";
const november = "[{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: America/New_York}}]";
const hourMs = 3_600_000;
const goals = threshold("event_age{class=goal}");

interface Case {
  id: string;
  slo: Parameters<typeof sloOf>[0];
  /** For the second count: which events, what is good of them, and in what slices. */
  second: {
    events: string;
    bad: string;
    sliceSeconds?: number;
    sliceTarget?: number;
    target: number;
    windowHours: number | null;
  };
  /** By hand. */
  bad: number;
  total: number;
  used: number | null;
}

const late = { events: "deliveries", bad: "late + lost" };
const aged = (measure: string, limitMs: number) => ({
  events: `samples WHERE measure ${measure}`,
  bad: `CASE WHEN ms < ${limitMs} THEN 0 ELSE amount END`,
});

const cases: Case[] = [
  // 120,000 a minute are 7.2 million an hour, of which one in 10,000 may be bad: 720.
  {
    id: "on-time-1h",
    slo: { window: hour, objectives: ["{target: 0.9999}"] },
    second: { ...late, target: 0.9999, windowHours: 1 },
    bad: 24_500,
    total: 120_000,
    used: 24_500 / 720,
  },
  {
    id: "on-time-30d",
    slo: { objectives: ["{targetPercent: 99.9}"] },
    second: { ...late, target: 0.999, windowHours: 720 },
    bad: 24_500,
    total: 120_000,
    used: 24_500 / 5_184_000,
  },
  // November in New York has an hour more: clocks go back.
  {
    id: "on-time-november",
    slo: { window: november, objectives: ["{target: 0.99}"] },
    second: { ...late, target: 0.99, windowHours: 721 },
    bad: 24_500,
    total: 120_000,
    used: 24_500 / 51_912_000,
  },
  {
    id: "lost",
    slo: { indicator: ratio("bad", "delivery.lost", "delivery.owed"), objectives: ["{target: 0.999}"] },
    second: { events: "deliveries", bad: "lost", target: 0.999, windowHours: 720 },
    bad: 500,
    total: 120_000,
    used: 500 / 5_184_000,
  },
  // Three goals to 2,000 fans each, one of them 6.1 s old.
  {
    id: "goals-p50",
    slo: { indicator: goals, window: hour, objectives: ["{op: lt, value: 200, target: 0.5}"] },
    second: { ...aged("= 'event_age{class=goal}'", 200), target: 0.5, windowHours: 1 },
    bad: 2000,
    total: 6000,
    used: 2000 / 180_000,
  },
  {
    id: "goals-p99",
    slo: { indicator: goals, window: hour, objectives: ["{op: lt, value: 2000, target: 0.99}"] },
    second: { ...aged("= 'event_age{class=goal}'", 2000), target: 0.99, windowHours: 1 },
    bad: 2000,
    total: 6000,
    used: 2000 / 3600,
  },
  // Of all classes, the last odds before the heal are 0.8 s and 1.8 s old: ten of the twelve late events are beyond 2 s.
  {
    id: "events-p95",
    slo: {
      indicator: threshold("event_age"),
      window: hour,
      objectives: ["{op: lt, value: 2000, target: 0.95}"],
    },
    second: { ...aged("LIKE 'event_age{%'", 2000), target: 0.95, windowHours: 1 },
    bad: 20_000,
    total: 120_000,
    used: 20_000 / 360_000,
  },
  // Six slices of ten seconds, of which that of the outage is bad; in the fifth 500 of 22,000 are lost.
  {
    id: "slices-10s",
    slo: {
      window: hour,
      method: "Timeslices",
      objectives: ["{target: 0.9, timeSliceTarget: 0.97, timeSliceWindow: 10s}"],
    },
    second: { ...late, sliceSeconds: 10, sliceTarget: 0.97, target: 0.9, windowHours: 1 },
    bad: 1,
    total: 6,
    used: 1 / 36,
  },
  // One slice of a minute, with 79.6 % on time.
  {
    id: "slices-1m",
    slo: { method: "Timeslices", objectives: ["{target: 0.99, timeSliceTarget: 0.8, timeSliceWindow: 1m}"] },
    second: { ...late, sliceSeconds: 60, sliceTarget: 0.8, target: 0.99, windowHours: 720 },
    bad: 1,
    total: 1,
    used: 1 / 432,
  },
  // Goals come in the first, the fourth (that of the outage) and the fifth slice; the other three count for nothing.
  {
    id: "goal-slices",
    slo: {
      indicator: goals,
      window: hour,
      method: "RatioTimeslices",
      objectives: ["{op: lt, value: 2000, target: 0.9, timeSliceWindow: 10s}"],
    },
    second: { ...aged("= 'event_age{class=goal}'", 2000), sliceSeconds: 10, target: 0.9, windowHours: 1 },
    bad: 1,
    total: 3,
    used: 1 / 18,
  },
];

run.plan.budget = budgetOf(
  cases
    .map(({ id, slo }) => sloOf({ name: id, annotations: { "matchday.dev/key": "false" }, ...slo }))
    .join("---\n"),
);
const verdict = judge(run.plan, run.record);
const budgets = new Map(verdict.errorBudgets.map((budget) => [budget.id, budget]));

test.each(cases)("$id, by hand", ({ id, bad, total, used }) => {
  const budget = budgets.get(id)!;
  expect(budget).toMatchObject({ bad, total });
  expect(budget.used).toBeCloseTo(used!, 12);
  expect(
    verdict.objectives.filter((row) => row.id === id).every((row) => row.errorBudgetUsed === budget.used),
  ).toBe(true);
});

const database = databaseOf(run.record);

test.each(cases)("$id, in SQL", ({ id, second }) => {
  const { used, burn, allowedInWindow, affordablePerMonth, worst, ...counted } = secondCount(second);
  const budget = budgets.get(id)!;
  expect(budget).toMatchObject(counted);
  expect(budget.worst!.atMs).toBe(worst.atMs);
  for (const [own, other] of [
    [budget.used, used],
    [budget.burn, burn],
    [budget.allowedInWindow, allowedInWindow],
    [budget.affordablePerMonth, affordablePerMonth],
    [budget.worst!.burn, worst.burn],
  ]) {
    expect(own! / other!).toBeCloseTo(1, 12);
  }
});

/** What a run's files hold, as rows. */
function databaseOf({ generators, published }: RunRecord): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(`
    CREATE TABLE samples (second INTEGER, measure TEXT, ms REAL, amount INTEGER);
    CREATE TABLE published (seq INTEGER, at_ms REAL);
    CREATE TABLE cohorts (from_seq INTEGER, leave_ms REAL, clients INTEGER);
    CREATE TABLE delivered (seq INTEGER, on_time INTEGER, late INTEGER);
    CREATE VIEW deliveries AS
      SELECT CAST(at_ms / 1000 AS INTEGER) AS second, owed AS amount,
        (SELECT SUM(late) FROM delivered WHERE delivered.seq = owed_each.seq) AS late,
        owed - (SELECT SUM(on_time + late) FROM delivered WHERE delivered.seq = owed_each.seq) AS lost
      FROM (
        SELECT seq, at_ms, SUM(clients) AS owed FROM published
        JOIN cohorts ON from_seq < seq AND at_ms + 2000 <= leave_ms GROUP BY seq
      ) AS owed_each;`);
  const insert = (table: string, values: (string | number)[]) =>
    db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join()})`).run(...values);
  for (const { seq, publishedAtUs } of published)
    insert("published", [seq, (publishedAtUs - startAtUs) / 1000]);
  for (const { hlog, final } of generators) {
    for (const { key, fromMs, histogram } of hlog) {
      if (!(histogram instanceof JsHistogram) || !tryParseKey(key)) throw new Error(`${key} cannot be read`);
      const measure = key.slice(0, key.indexOf("@"));
      for (let slot = 0; slot <= histogram.countsArrayIndex(histogram.maxValue); slot++) {
        const amount = histogram.getCountAtIndex(slot);
        if (amount > 0)
          insert("samples", [fromMs / 1000, measure, histogram.valueFromIndex(slot) / 1000, amount]);
      }
    }
    for (const { cohorts, events } of Object.values(final!.streams)) {
      for (const { fromSeq, leaveMs, clients } of cohorts) insert("cohorts", [fromSeq, leaveMs, clients]);
      for (const { seq, onTime, late } of events) insert("delivered", [seq, onTime, late]);
    }
  }
  return db;
}

function secondCount({ events, bad, sliceSeconds = 1, sliceTarget, target, windowHours }: Case["second"]) {
  const isSliced = sliceSeconds > 1;
  const badness = !isSliced
    ? "bad"
    : sliceTarget === undefined
      ? "1.0 * bad / total"
      : `CASE WHEN 1.0 * (total - bad) / total >= ${sliceTarget} THEN 0 ELSE 1 END`;
  const row = database
    .prepare(
      `WITH steps AS (
         SELECT second / ${sliceSeconds} AS step, SUM(${bad}) AS bad, SUM(amount) AS total FROM ${events} GROUP BY step
       ), judged AS (
         SELECT step, ${badness} AS bad, ${isSliced ? 1 : "total"} AS total FROM steps WHERE step * ${sliceSeconds} < 60
       )
       SELECT SUM(bad) AS bad, SUM(total) AS total, MAX(1.0 * bad / total) AS worst,
         (SELECT step FROM judged ORDER BY 1.0 * bad / total DESC, bad DESC, step LIMIT 1) * ${sliceSeconds} * 1000 AS worst_at
       FROM judged`,
    )
    .get() as Record<"bad" | "total" | "worst" | "worst_at", number>;
  const mayBeBad = 1 - target;
  const windowMs = windowHours! * hourMs;
  const allowedInWindow = (row.total * windowMs * mayBeBad) / 60_000;
  return {
    ...{ bad: row.bad, total: row.total, windowMs, allowedInWindow },
    used: row.bad / allowedInWindow,
    burn: row.bad / row.total / mayBeBad,
    affordablePerMonth: (row.total * 720 * hourMs * mayBeBad) / 60_000 / row.bad,
    worst: { burn: row.worst / mayBeBad, atMs: row.worst_at },
  } satisfies Partial<ErrorBudget>;
}

test("what no window is given for is not held against one, and what is no SLO has no budget", () => {
  const { plan, record } = plantedRun();
  const plain = sloOf({ name: "plain" }).replace(/ {2}timeWindow.*\n/, "");
  const count = sloOf({
    ...{ name: "count", indicator: threshold("delivery.lost") },
    objectives: ["{op: lte, value: 0, target: 0.99}"],
  });
  const never = sloOf({
    ...{ name: "never", indicator: threshold("resume"), annotations: { "matchday.dev/key": "false" } },
    objectives: ["{op: lt, value: 5000, target: 0.99}"],
  });
  plan.budget = budgetOf([plain, count, never].join("---\n"));
  const { errorBudgets } = judge(plan, record);
  expect(errorBudgets.map(({ id }) => id)).toEqual(["plain"]);
  expect(errorBudgets[0]).toMatchObject({ window: null, windowMs: null, allowedInWindow: null, used: null });
  expect(errorBudgets[0]!.affordablePerMonth).toBeCloseTo((120_000 * 43_200 * 0.01) / 24_500, 9);
});

test("a run in which nothing was bad has a budget that is not touched", () => {
  const { plan, record } = healthyRun();
  plan.budget = budgetOf(sloOf());
  expect(judge(plan, record).errorBudgets).toMatchObject([
    { bad: 0, total: 120_000, used: 0, burn: 0, worst: null, affordablePerMonth: null },
  ]);
});

test("what is known of the whole run only has a budget, and no worst second", () => {
  const { plan, record } = healthyRun();
  plan.budget = budgetOf(sloOf({ indicator: ratio("good", "clients.connected", "clients.planned") }));
  record.generators[0]!.final!.connected -= 30;
  expect(judge(plan, record).errorBudgets).toMatchObject([{ bad: 30, total: 2000, worst: null }]);
});
