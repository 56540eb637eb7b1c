import { expect, test } from "vitest";
import { parsePlan } from "./plan-schema.ts";
import { healthyPresale } from "./testing/presale-record.ts";
import { healthyRun } from "./testing/record.ts";

const { plan } = healthyRun();
const read = (value: unknown) => () => parsePlan(JSON.stringify(value), "plan.json");

test("a plan is what was written", () => {
  expect(read(plan)()).toEqual(plan);
  expect(read({ ...plan, ofALaterVersion: true })()).toMatchObject({ ofALaterVersion: true });
});

test("one of a newer version is refused by name", () => {
  expect(read({ ...plan, version: 3 })).toThrow(
    expect.objectContaining({
      code: "PLAN_NEWER",
      message: "plan.json is of version 3; this matchday reads 2",
      exitCode: 2,
    }),
  );
});

test.each<[string, unknown, RegExp]>([
  ["null", null, /^plan\.json: it: /],
  ["a list", [], /^plan\.json: /],
  ["no version", { ...plan, version: undefined }, /: version: /],
  ["clients in words", { ...plan, clients: "many" }, /: clients: /],
  ["clients below zero", { ...plan, clients: -1 }, /: clients: /],
  ["a duration of centuries", { ...plan, durationMs: 1e15 }, /: durationMs: /],
  [
    "a phase that there is not",
    { ...plan, phases: [{ name: "x", fromMs: 0, toMs: 1 }] },
    /: phases\.0\.name: /,
  ],
  ["no phases", { ...plan, phases: [] }, /: phases: /],
  ["phases with a gap", { ...plan, phases: plan.phases.toSpliced(1, 1) }, /: phases: phases do not follow/],
  [
    "two objectives of one id",
    {
      ...plan,
      budget: { ...plan.budget, objectives: [...plan.budget.objectives, plan.budget.objectives[0]] },
    },
    /: budget\.objectives: two objectives have one id/,
  ],
  ["no budget", { ...plan, budget: undefined }, /: budget: /],
  [
    "an objective of nothing",
    { ...plan, budget: { ...plan.budget, objectives: [{}] } },
    /: budget\.objectives\.0\./,
  ],
  [
    "a fault without a time",
    { ...plan, faults: [{ id: "f", kind: "k", expect: [] }] },
    /: faults\.0\.atMs: /,
  ],
  ["a billion generators", { ...plan, generators: 1e9 }, /: generators: /],
])("%s is told with its place", (_, value, message) => {
  expect(read(value)).toThrow(
    expect.objectContaining({
      code: "PLAN_UNREADABLE",
      exitCode: 2,
      message: expect.stringMatching(message),
    }),
  );
});

test("what is no JSON", () => {
  expect(() => parsePlan("{", "plan.json")).toThrow(expect.objectContaining({ code: "PLAN_UNREADABLE" }));
});

test("a plan of the first version is read as one of today", () => {
  const { system, version: _, ...rest } = plan;
  const first = { ...rest, version: 1, design: system.design, feed: system.script };
  expect(read(first)()).toEqual(plan);
  expect(read({ ...first, system: "live-scores" })()).toEqual(plan);
  const sale = healthyPresale().plan;
  if (sale.system.id !== "box-office") throw new Error("no sale");
  const { script } = sale.system;
  const { system: __, ...others } = sale;
  const older = {
    ...others,
    version: 1,
    system: "box-office",
    design: "sse-redis",
    feed: { items: [], odds: [] },
  };
  expect(read({ ...older, ...script })()).toEqual(sale);
  expect(read({ ...older, ...script, defect: "double-charge" })().system.script).toMatchObject({
    defect: "double-charge",
  });
  expect(read(older)).toThrow(/: system\.script\.presale: /);
});
