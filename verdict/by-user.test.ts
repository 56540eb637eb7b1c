import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import { addSamples, healthyRun } from "./testing/record.ts";

/** Of 2,000 clients, some with a bad time, in ms → how many. */
function badTimes(samples: Record<number, number>, lateGoals: [first: number, second: number]) {
  const run = healthyRun();
  for (const [index, { final }] of run.record.generators.entries()) {
    final!.users = { late: { goal: lateGoals[index]!, odds: 7 } };
  }
  if (Object.keys(samples).length > 0) addSamples(run.record, { second: 59, key: "bad_time@fault" }, samples);
  return judge(run.plan, run.record).users;
}

test("percentiles are over all clients, those without a bad second among them", () => {
  const users = badTimes({ 8000: 30 }, [20, 10]);
  expect(users).toMatchObject({ clients: 2000, withLateGoal: 30, badTimeP50Ms: 0 });
  expect(users!.badTimeP99Ms).toBeCloseTo(8000, -2);
  expect(badTimes({ 8000: 10 }, [10, 0])).toMatchObject({ withLateGoal: 10, badTimeP99Ms: 0 });
});

test("where everybody had a bad time, they are those of the samples", () => {
  const users = badTimes({ 4000: 1500, 8000: 500 }, [1000, 1000]);
  expect(users!.badTimeP50Ms).toBeCloseTo(4000, -2);
  expect(users!.badTimeP99Ms).toBeCloseTo(8000, -2);
});

test("nothing is said of users where the crowd did not tell, or nobody was owed anything", () => {
  const { plan, record } = healthyRun();
  expect(judge(plan, record).users).toBeUndefined();
  for (const { final } of record.generators) final!.users = { late: {} };
  record.published = [];
  for (const { final } of record.generators) final!.streams = {};
  expect(judge(plan, record).users).toBeUndefined();
  expect(badTimes({}, [0, 0])).toEqual({ clients: 2000, withLateGoal: 0, badTimeP50Ms: 0, badTimeP99Ms: 0 });
});
