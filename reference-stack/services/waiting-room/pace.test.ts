import { describe, expect, test } from "vitest";
import { ordinalsDue, tickMs } from "./pace.ts";

/** How often each ordinal is due within a time. */
function countsOf(seconds: number, head: number, last: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let tick = 0; tick < (seconds * 1000) / tickMs; tick++) {
    for (const ordinal of ordinalsDue(tick, head, last)) {
      counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1);
    }
  }
  return counts;
}

describe("positions", () => {
  const head = 137;
  const counts = countsOf(60, head, head + 30_000);

  test.each([
    [1, 60],
    [500, 60],
    [501, 20],
    [2_000, 20],
    [2_001, 6],
    [10_000, 6],
    [10_001, 3],
    [30_000, 3],
  ])("%i from the front is told %i times a minute", (position, times) => {
    expect(counts.get(head + position)).toBe(times);
  });

  test("far back it is told once in 50 s", () => {
    const far = countsOf(50, head, head + 30_500);
    expect([far.get(head + 30_001), far.get(head + 30_500)]).toEqual([1, 1]);
  });

  test("all who wait are told, and nobody else", () => {
    expect(counts.size).toBe(30_000);
    expect(Math.min(...counts.keys())).toBe(head + 1);
    expect([...countsOf(10, 5, 3).keys()]).toEqual([]);
  });

  test("are spread evenly over the ticks", () => {
    const sizes = Array.from(
      { length: 100 },
      (_, tick) => [...ordinalsDue(tick, head, head + 30_000)].length,
    );
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(4);
  });
});
