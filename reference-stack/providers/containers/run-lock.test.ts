import { expect, test } from "vitest";
import { lockStack, refuseWhenInUse, runOnStack } from "./run-lock.ts";

test("a standing stack is one run's at a time", () => {
  const stack = `test-lock-${process.pid}`;
  expect(runOnStack(stack)).toBeUndefined();
  const unlock = lockStack(stack, "runs/one");
  expect(runOnStack(stack)?.run).toBe("runs/one");
  expect(() => lockStack(stack, "runs/two")).toThrow(/runs\/one/);
  expect(() => refuseWhenInUse(stack)).toThrow(expect.objectContaining({ code: "STACK_IN_USE" }));
  unlock();
  lockStack(stack, "runs/two")();
  expect(runOnStack(stack)).toBeUndefined();
});
