import { expect, test } from "vitest";
import { stackIdOf } from "./stacks.ts";

test("two checkouts whose runs begin in the same second have two stacks on one engine", () => {
  const run = "2026-01-02T03-04-05-goal-spike";
  const ids = Array.from({ length: 100 }, () => stackIdOf(run));
  expect(new Set(ids).size).toBe(100);
  // What an engine takes for a name, and people recognise.
  for (const id of ids) expect(id).toMatch(/^2026-01-02t03-04-05-goal-spike-[0-9a-f]{6}$/);
});
