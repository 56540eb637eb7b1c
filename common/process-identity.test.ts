import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identityOf, isRunning, startTimeOf } from "./process-identity.ts";

test("a process is itself, and nobody else who has its pid", () => {
  const me = identityOf(process.pid);
  expect(isRunning(me)).toBe(true);
  expect(isRunning({ ...me, startTime: "1" })).toBe(false);
  expect(startTimeOf(2 ** 22)).toBeUndefined();
});

test.skipIf(process.platform !== "linux")(
  "where there is no file left to look by, nobody is taken to be gone",
  () => {
    const script = `
    const { identityOf, isRunning } = await import(${JSON.stringify(join(import.meta.dirname, "process-identity.ts"))});
    const { openSync } = await import("node:fs");
    const me = identityOf(process.pid);
    try { for (;;) openSync("/dev/null"); } catch {}
    process.exitCode = isRunning(me) ? 0 : 1;`;
    execFileSync("sh", [
      "-c",
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      "--input-type=module",
      "-e",
      script,
    ]);
  },
);
