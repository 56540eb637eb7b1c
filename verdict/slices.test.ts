import { expect, test } from "vitest";
import { burnSeries } from "./burn-series.ts";
import { eventsBySecond, eventsOfRun } from "./event-counts.ts";
import { evidenceOf } from "./evidence.ts";
import { judge } from "./judge.ts";
import { slicesOf } from "./slices.ts";
import { plantedRun } from "./testing/planted-run.ts";
import { healthyRun } from "./testing/record.ts";
import { budgetOf, onTime, sloOf, threshold } from "./testing/slo-text.ts";

const goals = threshold("event_age{class=goal}");

interface Asked {
  indicator?: string;
  method?: string;
  objective: string;
}

function judged({ indicator = onTime, method = "Timeslices", objective }: Asked, run = plantedRun()) {
  run.plan.budget = budgetOf(sloOf({ indicator, method, objectives: [objective] }));
  const evidence = evidenceOf(run.plan, run.record);
  return { ...judge(run.plan, run.record), evidence, objective: run.plan.budget.objectives[0]! };
}

const tenSeconds = (target: number, sliceTarget: number, op = "gte") =>
  `{op: ${op}, target: ${target}, timeSliceTarget: ${sliceTarget}, timeSliceWindow: 10s}`;

test.each([
  ["enough good slices", tenSeconds(0.8, 0.97), 5 / 6, true],
  ["too few", tenSeconds(0.9, 0.97), 5 / 6, false],
  ["a slice is good that reaches its target exactly", tenSeconds(0.8, 1 - 500 / 22_000), 5 / 6, true],
  ["and bad where it is a hair short", tenSeconds(0.8, 0.9773), 4 / 6, false],
])("%s", (_, objective, observed, ok) => {
  const { objectives } = judged({ objective });
  expect(objectives).toMatchObject([
    { phase: "all", measure: "delivery.ratio", unit: "ratio", observed, ok },
  ]);
});

test("whether the target itself is enough says op", () => {
  const run = () => healthyRun();
  const slo = { ...{ method: "RatioTimeslices", indicator: goals } };
  const ask = (op: string) =>
    judged({ ...slo, objective: `{op: lt, value: 2000, target: 0.5, timeSliceWindow: 30s}` }, run()).verdict +
    op;
  expect(ask("")).toBe("pass");
  expect(judged({ objective: tenSeconds(0.001, 0.5, "gt") }, run()).objectives[0]!.ok).toBe(true);
});

test("a slice without events is neither good nor bad", () => {
  const objective = "{op: lt, value: 2000, target: 0.5, timeSliceTarget: 0.99, timeSliceWindow: 10s}";
  const { objectives, evidence, ...rest } = judged({ indicator: goals, objective });
  expect(slicesOf(rest.objective, evidence)).toEqual({
    slices: [
      { atMs: 0, bad: 0, total: 2000 },
      { atMs: 30_000, bad: 2000, total: 2000 },
      { atMs: 40_000, bad: 0, total: 2000 },
    ],
    whole: 6,
  });
  expect(objectives[0]!.observed).toBeCloseTo(2 / 3, 12);
});

test("what is cut off at the end of a run is no slice", () => {
  const { evidence, objective } = judged({
    objective: "{target: 0.9, timeSliceTarget: 0.5, timeSliceWindow: 25s}",
  });
  expect(slicesOf(objective, evidence)).toMatchObject({ whole: 2, slices: [{ atMs: 0 }, { atMs: 25_000 }] });
});

test("a slice of which all has to be good", () => {
  const asked = (target: number) => `{target: ${target}, timeSliceTarget: 1, timeSliceWindow: 10s}`;
  expect(judged({ objective: asked(0.6) }).objectives).toMatchObject([{ observed: 4 / 6, ok: true }]);
  const odds = { indicator: threshold("event_age{class=odds}") };
  const objective = "{op: lt, value: 9000, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 10s}";
  // The odds of 20.5 s are 9.8 s old when they come.
  expect(judged({ ...odds, objective }).objectives).toMatchObject([{ observed: 4 / 5, ok: false }]);
});

test("a run that is shorter than a slice says nothing of slices, and why", () => {
  const { verdict, objectives, errorBudgets, generator } = judged(
    { objective: "{target: 0.9, timeSliceTarget: 0.5, timeSliceWindow: 5m}" },
    healthyRun(),
  );
  expect(verdict).toBe("unknown");
  expect(objectives).toMatchObject([{ observed: null, ok: null }]);
  expect(errorBudgets).toEqual([]);
  expect(generator.reasons[0]).toMatch(
    /^key objective mine was not exercised: no whole slice of 5 min in a run of 60 s\./,
  );
});

test("a run that was cut short is as long as its record", () => {
  const run = healthyRun();
  for (const generator of run.record.generators) generator.intervals = generator.intervals.slice(0, 25);
  const { evidence, objective } = judged({ objective: tenSeconds(0.5, 0.5) }, run);
  expect(slicesOf(objective, evidence).whole).toBe(2);
});

test("what a fault is allowed excuses no slice", () => {
  const run = plantedRun();
  run.plan.faults[0]!.allow = {
    measures: [{ measure: "delivery.ratio", target: 0, unit: "ratio" }],
    forAtMostMs: 15_000,
  };
  const { verdict, objectives, errorBudgets } = judged({ objective: tenSeconds(0.99, 0.97) }, run);
  expect(verdict).toBe("fail");
  expect(objectives).toMatchObject([{ phase: "all", observed: 5 / 6, ok: false }]);
  expect(errorBudgets).toMatchObject([{ bad: 1, total: 6 }]);
});

test("seconds add up to the run", () => {
  for (const indicator of [onTime, goals, threshold("event_age"), threshold("connect")]) {
    const target = indicator === onTime ? "{target: 0.9}" : "{op: lt, value: 2000, target: 0.9}";
    const { evidence, objective } = judged({ indicator, method: "Occurrences", objective: target });
    const sum = { bad: 0, total: 0 };
    for (const { bad, total } of eventsBySecond(objective, evidence)!.values()) {
      sum.bad += bad;
      sum.total += total;
    }
    expect(sum).toEqual(eventsOfRun(objective, evidence));
  }
});

test("burn over the run, in windows of seconds", () => {
  const { evidence, objective } = judged({ method: "Occurrences", objective: "{target: 0.99}" });
  const { stepMs, windowsMs, points } = burnSeries(objective, evidence)!;
  expect({ stepMs, windowsMs, count: points.length }).toEqual({
    stepMs: 1000,
    windowsMs: [5000, 30_000],
    count: 60,
  });
  expect(points[0]).toEqual({ atMs: 0, bad: 0, total: 1000, burn: [0, 0] });
  expect(points[19]!.burn).toEqual([0, 0]);
  // Two of five seconds are bad: of 10,000 events 4,000, where 100 may be.
  expect(points[21]).toMatchObject({ atMs: 21_000, bad: 2000, total: 2000 });
  expect(points[21]!.burn[0]).toBeCloseTo(40, 9);
  expect(points[29]!.burn[0]).toBeCloseTo(100, 9);
  expect(points[36]!.burn[0]).toBe(0);
  expect(points[36]!.burn[1]).toBeGreaterThan(30);
  // After the last event there is nothing to burn.
  expect(burnSeries(objective, evidence, [1000])!.points[58]!.burn).toEqual([null]);
});

test("burn of an SLO of slices is told by the slice", () => {
  const { evidence, objective } = judged({ objective: tenSeconds(0.9, 0.97) });
  const { stepMs, windowsMs, points } = burnSeries(objective, evidence)!;
  expect({ stepMs, windowsMs }).toEqual({ stepMs: 10_000, windowsMs: [10_000, 30_000] });
  const burns = points.map(({ burn }) => burn.map((value) => Math.round(value! * 100) / 100));
  expect(burns).toEqual([
    [0, 0],
    [0, 0],
    [10, 3.33],
    [0, 3.33],
    [0, 3.33],
    [0, 0],
  ]);
});

test("what has no share by time has no burn", () => {
  const { evidence, objective } = judged({
    ...{ method: "Occurrences", indicator: threshold("delivery.lost") },
    objective: "{op: lte, value: 0, target: 0.9}",
  });
  expect(burnSeries(objective, evidence)).toBeUndefined();
});
