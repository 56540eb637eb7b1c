import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "./paths.ts";

test.skipIf(process.platform !== "linux")("what is started afterwards takes turns too", () => {
  // In a process of its own, so that the other tests keep their policy.
  const script = `
    import { execFileSync } from "node:child_process";
    import { readFileSync } from "node:fs";
    import { takeTurns } from "./common/take-turns.ts";
    const policy = () => execFileSync("cat", ["/proc/self/stat"], { encoding: "utf8" }).split(") ")[1].split(" ")[38];
    console.log(policy(), await takeTurns(), policy());`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  // sched(7): 0 is SCHED_OTHER, 3 is SCHED_BATCH; field 41 of proc(5)'s stat.
  expect(printed.trim()).toMatch(/^\d true 3$/);
});
