import { describe, expect, test } from "vitest";
import { testPresale } from "../../testing/presale-script.ts";
import { placesOf } from "./audit.ts";
import { PresaleRun } from "./presale-run.ts";

const steady = { fromMs: 0, startPerSecond: 7, minPerSecond: 7, maxPerSecond: 7, targetConflictRate: 0.1 };
const newRun = () => new PresaleRun(testPresale({ admission: steady }));

describe("who is due", () => {
  test("adds up to the rate, whatever its fractions", () => {
    const run = newRun();
    let count = 0;
    for (let ms = 0; ms <= 60_000; ms += 100) count += run.due(ms);
    expect(count).toBeGreaterThanOrEqual(419);
    expect(count).toBeLessThanOrEqual(420);
  });

  test("after a long silence is one second's worth", () => {
    const run = newRun();
    run.due(0);
    expect(run.due(60_000)).toBe(7);
  });
});

test("the rate of the last seconds is what was let in", () => {
  const run = newRun();
  for (let ms = 0; ms < 20_000; ms += 100) run.letIn(1, ms);
  expect(run.perSecond(20_000)).toBeCloseTo(10, 0);
  expect(run.perSecond(40_000)).toBe(0);
  expect(run.admitted).toBe(200);
});

test("a controller that starts again goes on at the rate that it had", () => {
  const admission = { ...steady, minPerSecond: 2, maxPerSecond: 50 };
  const run = new PresaleRun(testPresale({ admission }));
  run.resumeAt(0);
  expect(run.target).toBe(7);
  run.resumeAt(31);
  const calm = {
    conflictRate: 0.5,
    attempts: 100,
    queue: 3,
    seatsFree: 2000,
    payments: "up",
    slow: false,
  } as const;
  run.decide(calm, 0, 1);
  expect(run.target).toBeCloseTo(31 * 0.7);
  run.resumeAt(900);
  expect(run.target).toBe(50);
});

test("a decision is kept each time, and told when its reason is new", () => {
  const run = newRun();
  const calm = {
    conflictRate: 0,
    attempts: 0,
    queue: 3,
    seatsFree: 2000,
    payments: "up",
    slow: false,
  } as const;
  expect(run.decide(calm, 0, 1)).toMatchObject({ atUs: 1, perSecond: 7, queue: 3 });
  expect(run.decide(calm, 1000, 2)).toBeUndefined();
  expect(run.decide({ ...calm, payments: "down", slow: false }, 2000, 3)?.reason).toBe("payments are down");
  expect(run.decisions).toHaveLength(3);
  expect(run.decisionsAfter(0)).toEqual(run.decisions);
  expect(run.decisionsAfter(2).map(({ atUs }) => atUs)).toEqual([3]);
  expect(run.decisionsAfter(3)).toEqual([]);
});

test("places are told in their order, with those that were admitted or given up", () => {
  const admitted = { ann: '{"as":1,"atUs":9,"expiresAtUs":99}' };
  expect(placesOf({ bob: "3:7", ann: "1:5" }, { eve: "2:6" }, admitted)).toEqual([
    { type: "place", buyer: "ann", ordinal: 1, joinedAtUs: 5, admittedAs: 1, admittedAtUs: 9 },
    { type: "place", buyer: "eve", ordinal: 2, joinedAtUs: 6, left: true },
    { type: "place", buyer: "bob", ordinal: 3, joinedAtUs: 7 },
  ]);
});
