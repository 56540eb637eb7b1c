/** A late feed from 20 s to 28 s, an edge that is killed from 24 s to 34 s, and Redis away from 32 s to 40 s. */
import { expect, test } from "vitest";
import type { Expectation } from "../common/experiment.ts";
import { blamed } from "./blame.ts";
import type { Disturbance } from "./disturbances.ts";
import { judge } from "./judge.ts";
import { addSamples, healthyRun, objective, open, startAtUs } from "./testing/record.ts";

const faults = [
  { id: "feed-jitter", band: "Feed late", target: "scores.vendor", fromMs: 20_010, toMs: 28_010 },
  { id: "edge-crash", band: "edge-2 down", target: "edge-2", fromMs: 24_010, toMs: 34_010 },
  { id: "redis-down", band: "Redis away", target: "all Redis legs", fromMs: 32_010, toMs: 40_010 },
];

function badNight(expectations: Record<string, Expectation[]> = {}) {
  const run = healthyRun();
  run.plan.experiment = "bad-night";
  run.plan.budget.objectives = [objective({ measure: "stale_odds_age.p99", title: "Odds", target: 1500 })];
  run.plan.faults = faults.map(({ id, band, target, fromMs, toMs }) => ({
    ...{ id, kind: id, options: {}, target, band },
    atMs: fromMs,
    forMs: toMs - fromMs,
    expect: expectations[id] ?? [],
  }));
  for (const { id, fromMs, toMs } of faults) {
    for (const [state, atMs] of [
      ["injected", fromMs],
      ["healed", toMs],
    ] as const)
      run.record.journal.push({ atUs: startAtUs + atMs * 1000, atMs, type: "fault", id, state });
  }
  return run;
}

const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const expectationsOf = ({ plan, record }: ReturnType<typeof badNight>, fault: string) =>
  judge(plan, record).faults.find(({ id }) => id === fault)!.expectations;

test("clients that a killed edge let go are not laid to a late feed that kept them while it was alone", () => {
  const run = badNight({ "feed-jitter": [{ id: "clients-stay-connected", share: 0.99 }] });
  open(run.record, 500, seconds(24, 30));
  open(run.record, 500, seconds(24, 30), 1);
  expect(expectationsOf(run, "feed-jitter")).toEqual([
    {
      id: "clients-stay-connected",
      ok: true,
      observed: "100 % at worst, at 21 s; expected 99 %; less while edge-2 down lasted too",
    },
  ]);
  const { findings } = judge(run.plan, run.record);
  expect(findings.map(({ title }) => title).join("\n")).not.toContain("Feed late");
});

test("what it breaks while it is alone is its own", () => {
  const run = badNight({ "feed-jitter": [{ id: "clients-stay-connected", share: 0.99 }] });
  open(run.record, 900, seconds(22, 30));
  expect(expectationsOf(run, "feed-jitter")[0]).toMatchObject({
    ok: false,
    observed: "95 % at worst, at 23 s; expected 99 %",
  });
});

test("where it was never alone nothing is concluded, and the run is unknown for it", () => {
  const run = badNight({ "redis-down": [{ id: "clients-stay-connected", share: 0.99 }] });
  open(run.record, 900, seconds(24, 41));
  expect(expectationsOf(run, "redis-down")[0]).toMatchObject({
    ok: null,
    observed: "95 % at worst, at 33 s; expected 99 %; not judged, while Feed late and edge-2 down lasted too",
  });
  expect(judge(run.plan, run.record)).toMatchObject({
    verdict: "unknown",
    sentence: expect.stringMatching(/^Unknown: redis-down could not be held to clients-stay-connected: /),
    untested: ["redis-down: clients-stay-connected"],
  });
});

test("what holds in company holds all the more", () => {
  const run = badNight({
    "edge-crash": [{ id: "nothing-lost" }, { id: "clients-stay-connected", share: 0.4 }],
  });
  open(run.record, 500, seconds(24, 30));
  expect(expectationsOf(run, "edge-crash").map(({ ok }) => ok)).toEqual([true, true]);
});

test("a run that is not steady soon enough is laid to none of several that could keep it from that", () => {
  const run = badNight({ "edge-crash": [{ id: "steady-within", ms: 3000 }] });
  open(run.record, 900, seconds(24, 42));
  expect(expectationsOf(run, "edge-crash")[0]).toMatchObject({
    ok: null,
    observed: expect.stringMatching(/^steady 7\.99 s after the heal; .* in which .*Redis away lasted too$/),
  });
});

test("faults after which nothing was steady again are one finding, of them together", () => {
  const run = badNight();
  open(run.record, 900, seconds(24, 60));
  const titles = judge(run.plan, run.record).findings.map(({ title }) => title);
  expect(titles.filter((title) => title.startsWith("Not steady again"))).toEqual([
    "Not steady again after: Feed late, edge-2 down and Redis away",
  ]);
});

test("a missed objective is laid to those that were active when it was missed", () => {
  const run = badNight();
  for (const second of [38, 39])
    addSamples(run.record, { second, key: "stale_odds_age@fault" }, { 7000: 8000 });
  open(run.record, 900, [38, 39]);
  expect(judge(run.plan, run.record).sentence).toBe(
    "Failed: Odds was 7 s, and its target is < 1.5 s (while Redis was away).",
  );
});

const disturbance = (id: string, fromMs: number, toMs: number): Disturbance => ({
  ...{ id, kind: id, band: id, fromMs, healedMs: toMs, toMs, allow: undefined },
});
const second = (at: number) => ({ fromMs: at * 1000, toMs: at * 1000 + 1000 });

test.each([
  ["alone in one of the seconds: it alone, and what it does not explain", [5, 15, 25], ["a", "c", "d"]],
  ["alone in one, present in the others: it alone", [5, 15], ["a"]],
  ["never alone: all that were active", [15], ["a", "b"]],
  ["no fault was active: none", [50], []],
])("%s", (_, at, expected) => {
  const disturbances = [
    disturbance("a", 0, 20_000),
    disturbance("b", 10_000, 20_000),
    disturbance("c", 20_000, 30_000),
    disturbance("d", 20_000, 30_000),
  ];
  expect(blamed(at.map(second), disturbances).map(({ id }) => id)).toEqual(expected);
});
