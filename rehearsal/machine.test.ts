import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { readMachine } from "./machine.ts";

test("reads a machine that can be believed", () => {
  const machine = readMachine();
  expect(machine.os).toMatch(new RegExp(`^${process.platform} \\S+ ${process.arch}$`));
  expect(machine.cores).toBeGreaterThanOrEqual(1);
  expect(machine.memoryBytes).toBeGreaterThan(256 * 1024 ** 2);
  expect(machine.freeMemoryBytes).toBeGreaterThan(0);
  expect(machine.freeMemoryBytes).toBeLessThanOrEqual(machine.memoryBytes);
  expect(machine.ephemeralPorts).toBeGreaterThan(1000);
  expect(machine.portRange.to).toBeGreaterThan(machine.portRange.from);
});

test("what it says of files is what a child process gets without being told", () => {
  const child = execFileSync("/bin/sh", ["-c", "ulimit -Sn"], { encoding: "utf8" }).trim();
  const soft = child === "unlimited" ? Number.POSITIVE_INFINITY : Number(child);
  expect(soft).toBeGreaterThanOrEqual(readMachine().fileLimit);
});
