import { describe, expect, test } from "vitest";
import { type Control, decide, type Signals } from "./controller.ts";

const rules = { fromMs: 0, startPerSecond: 100, minPerSecond: 5, maxPerSecond: 400, targetConflictRate: 0.1 };
const calm: Signals = {
  conflictRate: 0.02,
  attempts: 500,
  queue: 10_000,
  seatsFree: 50_000,
  payments: "up",
  slow: false,
};
const start: Control = { perSecond: 100, settledAtMs: 0 };
const at = (signals: Partial<Signals>, control = start, nowMs = 1000) =>
  decide(control, { ...calm, ...signals }, rules, nowMs);

describe("the rate", () => {
  test("rises by a tenth of its start while conflicts are few", () => {
    expect(at({})).toMatchObject({ perSecond: 110, target: 110, reason: "conflicts are below the target" });
  });

  test("never leaves its limits", () => {
    expect(at({}, { perSecond: 399, settledAtMs: 0 }).target).toBe(400);
    expect(at({}, { perSecond: 400, settledAtMs: 0 }).target).toBe(400);
    expect(at({ conflictRate: 0.9 }, { perSecond: 6, settledAtMs: 0 }).target).toBe(5);
  });

  test("is cut once for one wave of conflicts, and again when it has settled", () => {
    const first = at({ conflictRate: 0.3 });
    expect(first.target).toBeCloseTo(70);
    const second = at({ conflictRate: 0.3 }, first, 2000);
    expect(second.target).toBeCloseTo(70);
    const third = at({ conflictRate: 0.3 }, second, 4000);
    expect(third.target).toBeCloseTo(49);
  });

  test("does not rise while a cut has not settled", () => {
    const cut = at({ conflictRate: 0.3 });
    expect(at({}, cut, 2000)).toMatchObject({ target: cut.target, reason: "waiting for the last cut" });
    expect(at({}, cut, 4000).target).toBeGreaterThan(cut.target);
  });

  test("is not moved by a handful of tries", () => {
    expect(at({ conflictRate: 1, attempts: 9 }).target).toBe(110);
  });

  test("rests while nobody waits", () => {
    expect(at({ queue: 0 }).target).toBe(100);
  });
});

test("a box office that takes its time gets fewer, until it is prompt again", () => {
  const first = at({ slow: true });
  expect(first).toMatchObject({ reason: "the box office is slow" });
  expect(first.target).toBeCloseTo(70);
  const settled = at({ slow: true }, first, 4000);
  expect(settled.target).toBeCloseTo(49);
  expect(at({}, settled, 8000).target).toBeCloseTo(59);
});

describe("what holds the door", () => {
  test("no seat: nobody is let in, and it goes on where it was", () => {
    const paused = at({ seatsFree: 0 });
    expect(paused).toMatchObject({ target: 0, perSecond: 100 });
    expect(at({}, paused).target).toBe(110);
  });

  test("few seats: as many as find some", () => {
    expect(at({ seatsFree: 600 })).toMatchObject({ target: 50, reason: "few seats are left" });
    expect(at({ seatsFree: 1 }).target).toBe(1);
  });

  test("few seats and conflicts: the next ones find a lower rate", () => {
    const scramble = at({ seatsFree: 600, conflictRate: 0.5 });
    expect(scramble).toMatchObject({ target: 50, reason: "few seats are left" });
    expect(scramble.perSecond).toBeCloseTo(70);
  });

  test("payments", () => {
    expect(at({ payments: "slow" }).target).toBeCloseTo(70);
    expect(at({ payments: "down", slow: false })).toMatchObject({ target: 5, perSecond: 100 });
  });
});

/** A house in which conflicts grow with the rate, and are seen three seconds late. */
test("it finds the rate at which conflicts stand at their target, and stays near it", () => {
  let control: Control = start;
  const rates: number[] = [];
  for (let second = 0; second < 120; second++) {
    const caused = rates.at(-3) ?? 100;
    const decided = at({ conflictRate: caused / 2000 }, control, second * 1000);
    control = decided;
    rates.push(decided.target);
  }
  const late = rates.slice(60);
  const mean = late.reduce((sum, rate) => sum + rate, 0) / late.length;
  // 200 a second is where a conflict rate of 0.1 lies.
  expect(mean).toBeGreaterThan(140);
  expect(mean).toBeLessThan(210);
  expect(Math.max(...late)).toBeLessThan(260);
});
