import { expect, test } from "vitest";
import type { SecondView } from "../rehearsal/progress.ts";
import { secondLine, secondRows } from "./second-lines.ts";

const second: SecondView = {
  ...{ atMs: 25_000, leftMs: 75_000, phase: "fault", planned: 1500, open: 1300 },
  ...{ eventAgeP50Ms: undefined, eventAgeP99Ms: undefined, staleOddsP99Ms: undefined, faults: [] },
};
const sale: SecondView = {
  ...second,
  journeys: {
    ...{ came: 1500, waiting: 1203, admitted: 284, completed: 150, rejected: 30, abandoned: 20, failed: 0 },
    ...{ underWay: 1300, positionAgeP99Ms: 210, slowestStep: { name: "book", p99Ms: 2010 } },
  },
  faults: ["payment-slow"],
};
const plain = { clients: 1500, colour: (_: unknown, text: string) => text };

test("a second of streams, in a line", () => {
  expect(secondLine({ ...second, eventAgeP50Ms: 12, eventAgeP99Ms: 80, staleOddsP99Ms: 900 })).toBe(
    "0:25 fault · open 1,300 of 1,500 · event age p50 12 ms p99 80 ms · stale odds p99 900 ms · 1:15 left",
  );
});

test("a second of a sale, in a line", () => {
  expect(secondLine(sale)).toBe(
    "0:25 fault · waiting 1,203 · let in 284 · booked 150, sent home 30, gave up 20 · position age p99 210 ms · slowest step book p99 2.01 s · fault: payment-slow · 1:15 left",
  );
});

test("while admission does not answer nobody knows who waits", () => {
  const journeys = { ...sale.journeys!, waiting: undefined, admitted: undefined, slowestStep: undefined };
  expect(secondLine({ ...sale, journeys })).toContain("waiting – · let in – · booked 150");
  expect(secondLine({ ...sale, journeys })).toContain("slowest step – ·");
});

test("rows of a sale: who is done is not away", () => {
  expect(secondRows(sale, plain)).toEqual([
    "  clients done    ████░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 200 of 1,500",
    "  queue           1,500 came, 1,203 wait, 284 were let in",
    "  journeys        booked 150, sent home 30, gave up 20",
    "  position age    p99 210 ms",
    "  slowest step    book p99 2.01 s",
    "  faults          payment-slow",
  ]);
  expect(secondRows({ ...sale, open: 1200 }, plain)[0]).toMatch(/1,500 {2}some are away$/);
});

test("rows of streams", () => {
  expect(secondRows(second, plain)[0]).toMatch(/^ {2}clients open .* 1,300 of 1,500 due {2}some are away$/);
  expect(secondRows({ ...second, phase: "arrive" }, plain)[0]).toMatch(/due$/);
});
