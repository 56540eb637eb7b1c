import { expect, test } from "vitest";
import { healthyRun, lose, objective, startAtUs, stream } from "../verdict/testing/record.ts";
import { burnLines } from "./burn-lines.ts";

/** Three of the 2,000 deliveries of an event of second 23 are lost. */
function withLoss() {
  const run = healthyRun();
  lose(run.record, { event: run.record.generators[0]!.final!.streams[stream]!.events[24]!, clients: 3 });
  return run;
}

test("a column a window, and a point a second: 1 uses up what the target allows", () => {
  const { plan, record } = withLoss();
  const lines = burnLines(plan, record, 60);
  expect(lines.map(({ title, windows }) => [title, windows.map(({ windowMs }) => windowMs)])).toEqual([
    ["On time", [5000, 30_000]],
  ]);
  /** Three lost of what 2,000 clients were owed from one second to another, and one of 10,000 is allowed. */
  const burnOver = (from: number, to: number) => {
    const owed = record.published
      .map(({ publishedAtUs }) => Math.floor((publishedAtUs - startAtUs) / 1e6))
      .filter((second) => second >= from && second <= to);
    return 3 / (owed.length * 2000) / 0.0001;
  };
  const [short, long] = lines[0]!.windows;
  const at = (burn: readonly (number | null)[]) =>
    burn.flatMap((value, second) => (value !== null && value > 0 ? [second] : []));
  expect(short!.burn).toHaveLength(60);
  expect(at(short!.burn)).toEqual([23, 24, 25, 26, 27]);
  expect(short!.burn[25]).toBeCloseTo(burnOver(21, 25), 2);
  expect(at(long!.burn)).toEqual(Array.from({ length: 30 }, (_, nth) => 23 + nth));
  expect(long!.burn[52]).toBeCloseTo(burnOver(23, 52), 2);
});

test("a slice is drawn over all of its seconds", () => {
  const { plan, record } = withLoss();
  plan.budget.objectives = [
    {
      ...objective({ measure: "delivery.ratio", op: "gte", target: 0.9, unit: "ratio", id: "slices" }),
      slo: { target: 0.9, method: "Timeslices", sliceTarget: 0.9999, sliceMs: 10_000 },
    },
  ];
  const [short] = burnLines(plan, record, 60)[0]!.windows;
  expect(short!.windowMs).toBe(10_000);
  // One bad slice of one, and one of ten is allowed.
  expect(short!.burn.slice(18, 32)).toEqual([0, 0, ...new Array(10).fill(10), 0, 0]);
});

test("what nothing was bad for, and what is no SLO, has none", () => {
  const { plan, record } = healthyRun();
  expect(burnLines(plan, record, 60)).toEqual([]);
});
