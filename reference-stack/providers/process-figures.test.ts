import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { until } from "../../common/until.ts";
import { processFigures } from "./process-figures.ts";

/** CPU, and not time: on a machine that others use too, the two are not the same. */
const burn = "while (process.cpuUsage().user < 300_000);";
const child = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(burn)}])`;
/** Starts a child that burns 300 ms of CPU and ends; says so, and stays until its input ends. */
const parent = `${child}.on("exit", () => console.log("ended")); process.stdin.resume();`;

test.runIf(process.platform === "linux")("a child that has ended takes no CPU with it", async () => {
  const root = spawn(process.execPath, ["-e", parent], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(root.stdout, "data");
  let most = 0;
  await until(
    async () => {
      most = Math.max(most, (await processFigures(root.pid!))?.cpuUs ?? 0);
      return most > 250_000;
    },
    { withinMs: 10_000, orElse: "the child burnt nothing" },
  );
  await ended;
  expect((await processFigures(root.pid!))?.cpuUs).toBeGreaterThanOrEqual(most);
  root.stdin.end();
  await once(root, "exit");
  expect(await processFigures(root.pid!)).toBeUndefined();
});

test("of a process that is not there nothing is known", async () => {
  expect(await processFigures(2 ** 30)).toBeUndefined();
});
