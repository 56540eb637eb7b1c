import { expect, test } from "vitest";
import type { FeedScript } from "../../../common/match-day.ts";
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
