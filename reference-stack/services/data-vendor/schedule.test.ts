import { expect, test } from "vitest";
import type { FeedScript, TracePlan } from "../../../common/match-day.ts";
import { parseTraceparent } from "../../../common/trace-context.ts";
import { scheduleOf } from "./schedule.ts";

const script: FeedScript = {
  items: [
    {
      atMs: 1000,
      stream: "match:a",
      class: "status",
      event: { type: "STATUS", factId: "status", version: 3, status: "HALF_TIME" },
    },
    {
      atMs: 250,
      stream: "match:b",
      class: "correction",
      event: { type: "RETRACT", factId: "g1", version: 2, reason: "VAR" },
    },
  ],
  odds: [
    { stream: "match:a", everyMs: 500, fromMs: 0, toMs: 1001, seed: 1 },
    { stream: "match:b", everyMs: 400, fromMs: 100, toMs: 900, seed: 2 },
  ],
};

test("messages are numbered in the order of their instants, items before odds", () => {
  const messages = scheduleOf(script, 1_000_000);
  expect(messages.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(
    messages.map(({ sourceAtUs, stream, class: eventClass }) => [sourceAtUs, stream, eventClass]),
  ).toEqual([
    [1_000_000, "match:a", "odds"],
    [1_100_000, "match:b", "odds"],
    [1_250_000, "match:b", "correction"],
    [1_500_000, "match:a", "odds"],
    [1_500_000, "match:b", "odds"],
    [2_000_000, "match:a", "status"],
    [2_000_000, "match:a", "odds"],
  ]);
  expect(messages.map(({ version }) => version)).toEqual([1, 1, 2, 2, 2, 3, 3]);
});

test("a vendor that was restarted says the same under the same numbers", () => {
  expect(scheduleOf(script, 77)).toEqual(scheduleOf(script, 77));
});

test("nothing is traced unless the script says so; then all but odds, their share, and all within a window", () => {
  expect(scheduleOf(script, 77).filter(({ traceparent }) => traceparent !== undefined)).toEqual([]);
  const traced = (trace: TracePlan) =>
    scheduleOf({ ...script, trace }, 1_000_000)
      .filter(({ traceparent }) => traceparent !== undefined)
      .map(({ n }) => n);
  expect(traced({ share: 0, windows: [] })).toEqual([3, 6]);
  expect(traced({ share: 1, windows: [] })).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(traced({ share: 0, windows: [{ fromMs: 100, toMs: 500 }] })).toEqual([2, 3, 6]);
  const odds = [{ stream: "match:a", everyMs: 1, fromMs: 0, toMs: 10_000, seed: 1 }];
  const share = scheduleOf({ items: [], odds, trace: { share: 0.05, windows: [] } }, 1_000_000);
  const sampled = share.filter(({ traceparent }) => traceparent !== undefined).length;
  expect(sampled).toBeGreaterThan(400);
  expect(sampled).toBeLessThan(600);
});

test("trace contexts are whole, the same after a restart, and others in another run", () => {
  const trace = { share: 1, windows: [] };
  const contexts = (startAtUs: number) =>
    scheduleOf({ ...script, trace }, startAtUs).map(({ traceparent }) => parseTraceparent(traceparent));
  const once = contexts(1_000_000);
  expect(contexts(1_000_000)).toEqual(once);
  expect(once.every((context) => context?.sampled)).toBe(true);
  const traceIds = [...once, ...contexts(2_000_000)].map((context) => context?.traceId);
  expect(new Set(traceIds).size).toBe(2 * once.length);
});
