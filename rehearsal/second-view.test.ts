import { expect, test } from "vitest";
import { mergeRun } from "../measurements/seconds.ts";
import { healthyPresale } from "../verdict/testing/presale-record.ts";
import { addSamples, healthyRun } from "../verdict/testing/record.ts";
import { secondViewOf } from "./second-view.ts";

const viewOf = ({ plan, record }: ReturnType<typeof healthyRun>, index: number) =>
  secondViewOf(mergeRun(record.generators).seconds[index]!, {
    plan,
    parts: [
      { part: "box-office-1", kind: "service", up: true },
      { part: "admission", kind: "service", up: true, gauges: { queue_depth: 150, admitted_total: 36 } },
    ],
    faults: new Set(["redis-down"]),
  });

test("of a sale: how far buyers have come, and what takes longest", () => {
  const run = healthyPresale();
  addSamples(run.record, { second: 19, key: "position_age@baseline" }, { 120: 20 });
  const { journeys, faults } = viewOf(run, 19);
  expect(faults).toEqual(["redis-down"]);
  expect(journeys).toMatchObject({
    ...{ came: 200, waiting: 150, admitted: 36, failed: 0 },
    slowestStep: { name: "book" },
  });
  expect(journeys!.positionAgeP99Ms).toBeCloseTo(120, 0);
  expect(journeys!.slowestStep!.p99Ms).toBeCloseTo(120, 0);
  expect(journeys!.underWay).toBe(200 - journeys!.completed - journeys!.rejected - journeys!.abandoned);
});

test("of streams: their ages, and no journeys", () => {
  const { journeys, open, staleOddsP99Ms, leftMs } = viewOf(healthyRun(), 19);
  expect(journeys).toBeUndefined();
  expect(open).toBe(2000);
  expect(staleOddsP99Ms).toBeCloseTo(600, 0);
  expect(leftMs).toBeGreaterThan(0);
});
