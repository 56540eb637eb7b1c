import { expect, test } from "vitest";
import { upgradeFigures } from "./upgrade-figures.ts";

const part = { atMs: 1, part: "box-office-1", kind: "service", up: true, connections: 3 } as const;

test("figures of before have their gauges by the names of today", () => {
  const saved = { ...part, breakerOpen: 0.5, pendingBookings: 4 };
  expect(upgradeFigures(saved)).toEqual({ ...part, gauges: { breaker_open: 0.5, pending_bookings: 4 } });
});

test("figures of today are as they are", () => {
  const figures = { ...part, gauges: { queue_depth: 7 } };
  expect(upgradeFigures(figures)).toBe(figures);
});
