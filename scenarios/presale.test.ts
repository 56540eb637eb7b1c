import { describe, expect, test } from "vitest";
import type { PresaleScript } from "../common/presale.ts";
import { holdMs, seatsFor } from "./box-office/sale.ts";
import { seatsOf, venueOf } from "./box-office/venue.ts";
import presale from "./presale.ts";
import type { ScenarioParams } from "./vocabulary.ts";

const params = { clients: 5000, durationMs: presale.defaults.durationMs, faultMs: 10_000, cores: 2, seed: 1 };
const atScale = (clients: number, faultMs = 10_000): ScenarioParams => {
  const given = { ...params, clients, faultMs };
  return { ...given, durationMs: Math.max(params.durationMs, presale.leastDurationMs(given)) };
};
const scriptOf = (given: ScenarioParams): PresaleScript => presale.plan(given).script.presale;

test("two in a hundred are bots", () => {
  const { crowd } = presale.plan(params);
  expect(crowd.journeys!.map(({ id, share }) => [id, share])).toEqual([
    ["buyer", 0.98],
    ["bot-challenge", 0.005],
    ["bot-farm", 0.01],
    ["bot-replay", 0.005],
  ]);
});

test("the buyer's steps, whose names stand in budgets and reports", () => {
  const [buyer] = presale.plan(params).crowd.journeys!;
  expect(buyer!.steps.map(({ name, do: what }) => `${what} ${name}`)).toEqual([
    "stream join",
    "wait admission",
    "request venue",
    "think look",
    "request availability",
    "branch any-left",
    "request section",
    "think choose",
    "request hold",
    "think checkout",
    "request book",
    "think patience",
    "request confirmation",
    "branch promise",
    "branch booked",
    "branch kept",
    "branch refused",
  ]);
});

test("whoever was told that it is booked, and asks, hears nothing else", () => {
  const [buyer] = presale.plan(params).crowd.journeys!;
  const step = (name: string) => buyer!.steps.find((known) => known.name === name);
  expect(step("book")).toMatchObject({ capture: { promised: "$.state" } });
  expect(step("promise")).toMatchObject({ on: "promised", cases: { confirmed: { step: "kept" } } });
  expect(step("kept")).toMatchObject({
    cases: { confirmed: { end: "completed" } },
    else: { end: "failed" },
  });
});

test.each([
  [200, 50],
  [2000, 500],
  [5000, 1250],
  [20_000, 5000],
  [200_000, 50_000],
])("of %d buyers every fourth finds one of %d seats, in ten sections", (clients, seats) => {
  const { venue } = scriptOf(atScale(clients));
  expect(seatsOf(venue)).toBe(seats);
  expect(seatsFor(clients)).toBe(seats);
  expect(venue.sections).toHaveLength(10);
});

test("however few come, there are seats for two in each section", () => {
  const { sections } = venueOf(1 / 4);
  expect(sections.every(({ rows, seatsPerRow }) => rows * seatsPerRow === 2)).toBe(true);
});

describe.each([
  ["a handful", atScale(20)],
  ["a laptop's", atScale(5000)],
  ["without a fault", atScale(5000, 0)],
  ["under a long fault", atScale(5000, 60_000)],
  ["in CI", atScale(20_000)],
  ["in full", atScale(200_000)],
])("the sale, %s", (_, given) => {
  const { phases, crowd } = presale.plan(given);
  const { admission } = scriptOf(given);
  const orders = seatsFor(given.clients) / 2;

  test("goes on when the fault begins, and is over before the end", () => {
    const fault = phases.find(({ name }) => name === "fault");
    if (fault) expect((admission.maxPerSecond * fault.fromMs) / 1000).toBeLessThan(orders * 1.08);
    const bareMs = (orders / admission.maxPerSecond) * 1000;
    const machineBound = admission.maxPerSecond >= given.cores * 100;
    expect(bareMs / (machineBound ? 0.6 : 0.5) + given.faultMs + 2 * holdMs).toBeLessThan(given.durationMs);
  });

  test("asks no more of the machine than it carries, and less in trouble", () => {
    expect(admission.maxPerSecond).toBeLessThanOrEqual(given.cores * 100);
    expect(admission.minPerSecond).toBeLessThanOrEqual(admission.startPerSecond);
    expect(admission.startPerSecond).toBeLessThanOrEqual(admission.maxPerSecond);
    expect(admission.minPerSecond).toBeGreaterThan(0);
  });

  test("everybody comes while the doors are open, and stays to the end", () => {
    expect(crowd.arrivals.withinMs).toBeLessThan(phases[0]!.toMs);
    expect(crowd.leaveAtMs).toBe(given.durationMs);
  });
});

test("200,000 come within 30 s", () => {
  expect(presale.plan(atScale(200_000)).crowd.arrivals.withinMs).toBeLessThanOrEqual(30_000);
});

test("a laptop's run is over well within three minutes", () => {
  expect(presale.leastDurationMs(params)).toBeLessThanOrEqual(presale.defaults.durationMs);
  expect(presale.defaults.durationMs).toBeLessThanOrEqual(120_000);
});

test("the budget is by size", () => {
  expect([presale.budget(20_000), presale.budget(200_000)]).toEqual(["presale", "presale-at-scale"]);
});
