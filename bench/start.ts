/**
 * `npm run bench:start`: from `npm start` to the first client, in a fresh clone and once more in the same. npm's and Go's own
 * caches, and so what registries would send, are this machine's and as they stand.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { interruptSignal } from "../cli/interrupt.ts";
import { nowUs } from "../common/clock.ts";
import { MatchdayError } from "../common/errors.ts";
import { Lease } from "../common/lease.ts";
import { projectRoot } from "../common/paths.ts";
import { until } from "../common/until.ts";
import { readSavedRun } from "../rehearsal/saved-run.ts";
import { printFigures } from "./figures.ts";

const warmLimitS = 3;
// Processes of this machine: a stack in containers is measured by bench:stack.
const args = [
  "start",
  "--",
  ...["--stack", "local", "--clients", "200", "--chaos", "none", "--duration", "32s"],
];

interface Start {
  /** Seconds from the command: to the start instant of the run, and to the end of the first interval with a client in it. */
  startS: number;
  firstClientS: number;
  exitCode: number | null;
}

// The clone is to be as a stranger's: what npm and a developer's shell have set for this project is not passed on.
for (const name of Object.keys(process.env)) {
  if (
    /^(MATCHDAY_|npm_(package|lifecycle)_|npm_(config_local_prefix|execpath|node_execpath|command)$)/.test(
      name,
    )
  )
    delete process.env[name];
}
process.env.PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !/node_modules[\\/](\.bin|npm[\\/].*node-gyp-bin)/.test(folder))
  .join(delimiter);

using interrupt = interruptSignal();
const { signal } = interrupt;
await using lease = Lease.take(`bench-start-${process.pid}`);
const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-bench-")));
const clone = join(folder, "matchday");
execFileSync("git", ["clone", "--quiet", projectRoot, clone]);

async function start(name: string, withinMs: number): Promise<Start> {
  console.error(`${name}: npm ${args.join(" ")}`);
  const commandAtUs = nowUs();
  const npm = await lease.start({
    name,
    command: "npm",
    args,
    cwd: clone,
    logFile: join(folder, `${name}.log`),
    // A run that is interrupted stops its stack and writes its report.
    stopWithinMs: 60_000,
  });
  await until(() => !npm.running, {
    withinMs,
    orElse: `npm start has not ended within ${withinMs / 1000} s:\n${npm.logTail(20)}`,
    code: "BENCH_FAILED",
    everyMs: 250,
    signal,
  });
  try {
    const { plan, record } = await readSavedRun(join(clone, "runs", "latest"));
    const first = record.generators
      .flatMap(({ intervals }) => intervals)
      .filter(({ counters }) => counters.connected > 0)
      .sort((a, b) => a.toMs - b.toMs)[0];
    if (plan.startAtUs === undefined || plan.startAtUs < commandAtUs || !first)
      throw new MatchdayError("BENCH_FAILED", "no client has come", { hint: "see what npm start says" });
    const startS = (plan.startAtUs - commandAtUs) / 1e6;
    return { startS, firstClientS: startS + first.toMs / 1000, exitCode: npm.exit!.code };
  } catch (cause) {
    throw new MatchdayError("BENCH_FAILED", `npm start ${npm.howItEnded()}:\n${npm.logTail(20)}`, {
      hint: "see what npm start says",
      cause,
    });
  }
}

const cold = await start("cold", 15 * 60_000);
for (const line of readFileSync(join(folder, "cold.log"), "utf8").split("\n").slice(0, 12))
  console.error(`  ${line}`);
const warm = await start("warm", 3 * 60_000);

const untilFirst = "to the first client, at the latest";
printFigures("From npm start to the first client; a fresh clone (cold), and once more (warm)", [
  { what: "cold, to the start instant", observed: cold.startS, unit: "s" },
  { what: `cold, ${untilFirst}`, observed: cold.firstClientS, unit: "s" },
  {
    what: "warm, to the start instant",
    observed: warm.startS,
    unit: "s",
    against: { what: "limit", value: warmLimitS },
  },
  { what: `warm, ${untilFirst}`, observed: warm.firstClientS, unit: "s" },
]);
console.log(`\nexit codes of the two runs: ${cold.exitCode}, ${warm.exitCode}`);
