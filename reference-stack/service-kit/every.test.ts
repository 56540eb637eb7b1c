import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { every } from "./every.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the next turn begins when the one before is done", async () => {
  let begun = 0;
  let done = Promise.withResolvers<void>();
  const stop = every(100, "counting", () => {
    begun++;
    return done.promise;
  });
  await vi.advanceTimersByTimeAsync(99);
  expect(begun).toBe(0);
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toBe(1);
  const first = done;
  done = Promise.withResolvers();
  first.resolve();
  await vi.advanceTimersByTimeAsync(100);
  expect(begun).toBe(2);
  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(stopped).toBe(false);
  done.resolve();
  await stopping;
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toBe(2);
});

test("what goes wrong is said once, and again after it went well", async () => {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const outcomes = ["broken", "broken", "other", undefined, "other"];
  const stop = every(10, "mending", async () => {
    const outcome = outcomes.shift();
    if (outcome) throw new Error(outcome);
  });
  await vi.advanceTimersByTimeAsync(60);
  await stop();
  expect(lines.map((line) => JSON.parse(line).reason)).toEqual(["broken", "other", "other"]);
});
