import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stateDir } from "../../../common/paths.ts";
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

test("a pipe in place of a lock locks nothing", () => {
  const stack = `test-pipe-${process.pid}`;
  const locks = join(stateDir, "stack-locks");
  mkdirSync(locks, { recursive: true });
  execFileSync("mkfifo", [join(locks, `${stack}.json`)]);
  try {
    expect(runOnStack(stack)).toBeUndefined();
  } finally {
    rmSync(join(locks, `${stack}.json`));
  }
});
