/** What is told of allowances while a run goes on. Redis is away from 20 s to 30 s; the recovery is planned until 40 s. */
import { expect, test } from "vitest";
import type { FaultAllowance } from "../../common/experiment.ts";
import type { Plan } from "../../verdict/plan.ts";
import {
  addSamples,
  healthyRun,
  objective,
  removeSamples,
  startAtUs,
  withFault,
} from "../../verdict/testing/record.ts";
import type { Series } from "./testing/parse.ts";
import { replay } from "./testing/replay.ts";

const age = "event_age{class=goal}";

const allow = (target: number, forAtMostMs = 15_000): FaultAllowance => ({
  measures: [{ measure: "stale_odds_age.p99", target, unit: "ms" }],
  forAtMostMs,
});

/** Quotes are as old as that in the given seconds. */
function staleRun(ageMs: number, inSeconds: readonly number[]) {
  const run = withFault(healthyRun());
  run.plan.budget.objectives = [
    objective({ id: "odds", title: "Odds (p99)", measure: "stale_odds_age.p99", target: 1500 }),
    objective({ id: "goals", title: "Goals (p99)", measure: `${age}.p99` }),
  ];
  removeSamples(run.record, "stale_odds_age", (second) => inSeconds.includes(second));
  for (const second of inSeconds) {
    const phase = run.plan.phases.find(({ toMs }) => second * 1000 < toMs)!.name;
    for (const { generator } of run.record.generators)
      addSamples(run.record, { second, key: `stale_odds_age@${phase}`, generator }, { [ageMs]: 4000 });
  }
  return run;
}

const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** Of each phase, or part of it in which faults are allowed something: met, excused or missed. */
function statesOf(series: Series, id: string): Record<string, string> {
  const states = [...series].flatMap(([key, ok]) => {
    const [, phase, allowed] =
      new RegExp(`^matchday_objective_ok\\{objective="${id}",phase="(.+)",allowed="(.*)"\\}$`).exec(key) ??
      [];
    if (phase === undefined) return [];
    const excused = series.get(key.replace("_ok{", "_excused{"));
    return [[allowed ? `${phase}: ${allowed}` : phase, excused ? "excused" : ok ? "met" : "missed"]];
  });
  return Object.fromEntries(states);
}

test("what a fault may cost is told from the start, for the objectives that it widens", async () => {
  const run = staleRun(500, []);
  run.plan.faults[0]!.allow = allow(12_000);
  const { seconds } = await replay(run);
  const told = [...seconds[0]!].filter(([key]) => key.startsWith("matchday_objective_allowance"));
  expect(told).toEqual([
    [
      'matchday_objective_allowance{objective="odds",unit="seconds",fault="redis-down",for_at_most="15 s"}',
      12,
    ],
  ]);
});

test("a budget that names the fault has the last word on it, live too", async () => {
  const run = staleRun(8000, seconds(21, 30));
  run.plan.faults[0]!.allow = allow(12_000);
  run.plan.budget.allowances = [{ fault: "redis-down", ...allow(5000) }];
  const series = (await replay(run)).seconds.at(-1)!;
  expect(statesOf(series, "odds")).toMatchObject({ "fault: redis-down": "missed" });
});

test("what is allowed is excused while the fault lasts, and through the recovery that was planned", async () => {
  const run = staleRun(8000, seconds(21, 32));
  run.plan.faults[0]!.allow = allow(12_000);
  const { seconds: told } = await replay(run);
  expect(statesOf(told[19]!, "odds")).toEqual({ arrive: "met", baseline: "met" });
  for (const second of [25, 32]) {
    expect(statesOf(told[second]!, "odds"), `at ${second} s`).toEqual({
      arrive: "met",
      baseline: "met",
      "fault: redis-down": "excused",
    });
  }
  // From 35 s on nothing is allowed; when the run is steady again is not known yet.
  expect(statesOf(told[37]!, "odds")).toMatchObject({ "fault: redis-down": "excused", fault: "met" });
  expect(statesOf(told.at(-1)!, "odds")).toMatchObject({ "fault: redis-down": "excused", after: "met" });
});

test("what is not allowed is missed: without an allowance, beyond it, and for another measure", async () => {
  const of = async (allowed?: FaultAllowance) => {
    const run = staleRun(8000, seconds(21, 30));
    if (allowed) run.plan.faults[0]!.allow = allowed;
    return statesOf((await replay(run)).seconds.at(-1)!, "odds");
  };
  expect(await of()).toMatchObject({ fault: "missed" });
  expect(await of(allow(7000))).toMatchObject({ "fault: redis-down": "missed" });
  expect(
    await of({ measures: [{ measure: `${age}.p99`, target: 60_000, unit: "ms" }], forAtMostMs: 60_000 }),
  ).toMatchObject({ fault: "missed" });
});

test("after for-at-most nothing is allowed any more, healed or not; what came before stays excused", async () => {
  const run = staleRun(8000, seconds(21, 30));
  run.plan.faults[0]!.allow = allow(12_000, 5000);
  const { seconds: told } = await replay(run);
  expect(statesOf(told[24]!, "odds")).toMatchObject({ "fault: redis-down": "excused" });
  expect(statesOf(told[24]!, "odds")).not.toHaveProperty("fault");
  expect(statesOf(told[28]!, "odds")).toMatchObject({ "fault: redis-down": "excused", fault: "missed" });
});

test("the fault phase before the injection is not the fault's", async () => {
  const run = staleRun(8000, [20, 21]);
  const late = (atMs: number) => atMs + 4000;
  run.plan.faults[0]!.atMs = late(run.plan.faults[0]!.atMs);
  for (const entry of run.record.journal) {
    if (entry.type !== "fault" || entry.state === "healing" || entry.state === "healed") continue;
    Object.assign(entry, { atMs: late(entry.atMs!), atUs: startAtUs + late(entry.atMs!) * 1000 });
  }
  run.plan.faults[0]!.allow = allow(12_000);
  const { seconds: told } = await replay(run);
  expect(statesOf(told[22]!, "odds")).toEqual({ arrive: "met", baseline: "missed" });
  expect(statesOf(told[28]!, "odds")).toMatchObject({ baseline: "missed", "fault: redis-down": "met" });
});

test("of several faults each is allowed its own, and only while it lasts", async () => {
  const run = staleRun(8000, seconds(21, 24));
  const [first] = run.plan.faults;
  first!.allow = allow(12_000, 5000);
  const second: Plan["faults"][number] = { ...first!, id: "slow-redis", atMs: 26_000, allow: allow(6000) };
  run.plan.faults.push(second);
  const atMs = 26_500;
  run.record.journal.push({
    ...{ atUs: startAtUs + atMs * 1000, atMs },
    ...{ type: "fault", id: "slow-redis", state: "injected" },
  });
  run.record.journal.sort((a, b) => a.atUs - b.atUs);
  const { seconds: told } = await replay(run);
  expect(statesOf(told[24]!, "odds")).toMatchObject({ "fault: redis-down": "excused" });
  expect(statesOf(told[28]!, "odds")).toMatchObject({
    "fault: redis-down": "excused",
    "fault: slow-redis": "met",
  });
});

test("a fault that is never healed lasts to the end, and its allowance does not", async () => {
  const run = staleRun(8000, seconds(21, 60));
  run.plan.faults[0]!.allow = allow(12_000);
  run.record.journal = run.record.journal.filter(
    (entry) => entry.type !== "fault" || !entry.state.startsWith("heal"),
  );
  const series = (await replay(run)).seconds.at(-1)!;
  expect(statesOf(series, "odds")).toEqual({
    arrive: "met",
    baseline: "met",
    "fault: redis-down": "excused",
    fault: "missed",
  });
});
