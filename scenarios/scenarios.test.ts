import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { applyEvent, type MatchState, screenOf } from "../common/match-state.ts";
import { systems } from "../common/systems.ts";
import goalSpike, { oddsEveryMs } from "./goal-spike.ts";
import { scenarios } from "./index.ts";
import { crowdJourneyProblems } from "./journeys/problems.ts";

test("every scenario file of the room is in the list", () => {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => file.replace(".ts", ""))
    .filter((name) => !["index", "vocabulary"].includes(name));
  expect([...scenarios.keys()].sort()).toEqual(files.sort());
});

test.each([...scenarios.values()])("$id can be planned, with journeys that can be walked", (each) => {
  const { clients, durationMs } = each.defaults;
  const { phases, crowd } = each.plan({ clients, durationMs, faultMs: 10_000, cores: 2, seed: 1 });
  expect(phases.at(-1)!.toMs).toBe(durationMs);
  const { journeys = [] } = crowd;
  expect(crowdJourneyProblems(journeys, `scenarios/${each.id}.ts`, systems[each.system])).toEqual([]);
  expect(crowd.streams.length + journeys.length).toBeGreaterThan(0);
});

const params = { clients: 2000, durationMs: 60_000, faultMs: 10_000, cores: 2, seed: 1 };

test.each([
  ["with a fault", params, ["arrive", "baseline", "fault", "recovery", "after"]],
  ["without one", { ...params, faultMs: 0 }, ["arrive", "baseline", "after"]],
  [
    "at its least duration",
    { ...params, durationMs: goalSpike.leastDurationMs(params) },
    ["arrive", "baseline", "fault", "recovery", "after"],
  ],
  [
    "at 200,000",
    { ...params, clients: 200_000, durationMs: 120_000 },
    ["arrive", "baseline", "fault", "recovery", "after"],
  ],
])("phases of the goal spike follow each other without a hole: %s", (_, given, names) => {
  const { phases, script: feed, crowd } = goalSpike.plan(given);
  expect(phases.map(({ name }) => name)).toEqual(names);
  expect(phases[0]!.fromMs).toBe(0);
  for (const [index, phase] of phases.entries()) {
    expect(phase.toMs - phase.fromMs, phase.name).toBeGreaterThanOrEqual(
      phase.name === "arrive" ? 5000 : 7000,
    );
    expect(phase.toMs).toBe(phases[index + 1]?.fromMs ?? given.durationMs);
  }
  expect(crowd.arrivals.withinMs).toBeLessThan(phases[0]!.toMs);
  // Every event's deadline falls before the crowd leaves, so that all of them are owed.
  for (const item of feed.items)
    expect(item.atMs + goalSpike.deadlinesMs!(given)[item.class]!).toBeLessThanOrEqual(crowd.leaveAtMs);
});

test("the match ends 2-0, with one goal taken back", () => {
  const { script: feed } = goalSpike.plan(params);
  const state = feed.items.reduce<MatchState>((screen, { event }) => applyEvent(screen, event), []);
  expect(screenOf(state)).toMatch(/^FULL_TIME 2-0 .*g2:GOAL:away:44:Mbappe:retracted/);
});

test("odds tick as often as a quarter of the machine allows", () => {
  expect(oddsEveryMs({ clients: 2000, cores: 2 })).toBe(500);
  expect(oddsEveryMs({ clients: 200_000, cores: 2 })).toBe(7200);
  expect(oddsEveryMs({ clients: 200_000, cores: 64 })).toBe(500);
});

test("a goal falls under each fault of an experiment", () => {
  const faults = [
    { atMs: 0, forMs: 8000 },
    { atMs: 4000, forMs: 10_000 },
    { atMs: 12_000, forMs: 8000 },
    { atMs: 18_000, forMs: 1000 },
  ];
  const { phases, script } = goalSpike.plan({ ...params, durationMs: 80_000, faultMs: 20_000, faults });
  const { fromMs } = phases.find(({ name }) => name === "fault")!;
  const goals = script.items.filter((item) => item.class === "goal").map(({ atMs }) => atMs - fromMs);
  for (const { atMs, forMs } of faults)
    expect(goals.some((goal) => goal >= atMs && goal < atMs + forMs)).toBe(true);
  expect(new Set(script.items.map(({ event }) => `${event.factId} ${event.version}`)).size).toBe(
    script.items.length,
  );
});
