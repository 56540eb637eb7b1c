import { expect, test } from "vitest";
import { LagMeter } from "./replica-lag.ts";

const second = 1e6;

test("a replica that has all is not behind, however long nothing has happened", () => {
  const meter = new LagMeter();
  expect(meter.lagOf({ atUs: 100 * second, caughtUp: true, lastReplayUs: 10 * second })).toBe(0);
});

test("silence before a write is no lag", () => {
  const meter = new LagMeter();
  meter.lagOf({ atUs: 99 * second, caughtUp: true, lastReplayUs: 10 * second });
  expect(meter.lagOf({ atUs: 100 * second, caughtUp: false, lastReplayUs: 10 * second })).toBe(1);
});

test("one that is cut off is older by the second", () => {
  const meter = new LagMeter();
  meter.lagOf({ atUs: 100 * second, caughtUp: true, lastReplayUs: 99 * second });
  expect(meter.lagOf({ atUs: 103 * second, caughtUp: false, lastReplayUs: 101 * second })).toBe(2);
  expect(meter.lagOf({ atUs: 105 * second, caughtUp: false, lastReplayUs: 101 * second })).toBe(4);
});

test("without the primary nobody knows better than what was replayed", () => {
  const meter = new LagMeter();
  expect(meter.lagOf({ atUs: 10 * second, caughtUp: undefined, lastReplayUs: 7 * second })).toBe(3);
});

test("before anything is known nothing is said", () => {
  expect(new LagMeter().lagOf({ atUs: 1, caughtUp: undefined, lastReplayUs: undefined })).toBeUndefined();
});
