import { expect, test } from "vitest";
import { nowUs, wallClock } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("the clock tells the machine's time in microseconds, and never goes back", () => {
  expect(Math.abs(nowUs() / 1000 - Date.now())).toBeLessThan(60_000);
  const readings = Array.from({ length: 1000 }, nowUs);
  expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  expect(readings.every(Number.isInteger)).toBe(true);
});

test.each([
  ["wall", wallClock],
  ["virtual", new VirtualClock(nowUs())],
])(
  "the %s clock wakes at once when the instant has passed, and with the reason when aborted",
  async (_, clock) => {
    await clock.sleepUntil(clock.nowUs() - 1);
    const ended = new AbortController();
    const reason = new Error("Ctrl-C");
    // Longer than a timer can hold: that must not wake it.
    const sleeping = clock.sleepUntil(clock.nowUs() + 1e15, ended.signal);
    setTimeout(() => ended.abort(reason), 5);
    await expect(sleeping).rejects.toBe(reason);
    await expect(clock.sleepUntil(clock.nowUs() + 1e6, ended.signal)).rejects.toBe(reason);
  },
);

test("the wall clock does not wake early", async () => {
  const atUs = wallClock.nowUs() + 5500;
  await wallClock.sleepUntil(atUs);
  expect(wallClock.nowUs()).toBeGreaterThanOrEqual(atUs);
});

test("the virtual clock wakes sleepers in order, each at its instant, and lets one sleep again", async () => {
  const clock = new VirtualClock(1000);
  const woken: string[] = [];
  const sleeper = async (name: string, ...instants: number[]) => {
    for (const atUs of instants) {
      await clock.sleepUntil(atUs);
      woken.push(`${name} ${clock.nowUs()}`);
    }
  };
  const all = Promise.all([sleeper("a", 3000, 5000), sleeper("b", 2000, 4000), sleeper("c", 9000)]);
  await clock.advance(4);
  expect(woken).toEqual(["b 2000", "a 3000", "b 4000", "a 5000"]);
  expect([clock.nowUs(), clock.sleeping]).toEqual([5000, 1]);
  await clock.advance(10);
  await all;
  expect(woken.at(-1)).toBe("c 9000");
  expect(clock.nowUs()).toBe(15_000);
});
