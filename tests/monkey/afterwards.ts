import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../common/until.ts";
import type { Cli } from "../e2e/cli.ts";
import { relatives } from "./left.ts";
import type { Round } from "./round.ts";

/** Cleans up after a run that could not, as the round says; what is wrong with that goes into `problems`. */
export async function cleanUpAfter(
  round: Round,
  cli: Cli,
  nextRun: string[],
  env: Record<string, string>,
  problems: string[],
): Promise<void> {
  const recover = () => cli.run(["chaos", "recover"], env);
  if (!round.beside) await doctorTells(cli, env, problems);
  if (round.afterwards === "the next run") {
    const next = cli.start(nextRun, env);
    // It takes its name once it has cleaned up.
    const folder = join(nextRun.at(-1)!, "latest");
    await until(() => existsSync(folder) || next.child.exitCode !== null, {
      withinMs: 30_000,
      orElse: "the next run does not begin",
    });
    next.child.kill("SIGINT");
    const { exitCode, stderr } = await next.finished;
    if (exitCode !== 130) problems.push(`the next run exits with ${exitCode}: ${stderr}`);
    return;
  }
  if (round.afterwards === "recover is killed") {
    const { child, finished } = cli.start(["chaos", "recover"], env);
    await Promise.race([finished, delay(round.recoverKilledAfterMs)]);
    child.kill("SIGKILL");
    await finished;
  }
  const times = round.afterwards === "four recover at once" ? 4 : 1;
  const done = await Promise.all(Array.from({ length: times }, recover));
  for (const { exitCode, stdout, stderr } of done) {
    if (exitCode !== 0) problems.push(`recover exits with ${exitCode}: ${stdout}${stderr}`);
  }
  const lines = done.flatMap(({ stdout }) => stdout.split("\n")).filter((line) => line.startsWith("✓"));
  const told = lines.flatMap((line) => line.replace(/^✓ (ended )?/, "").split(", "));
  const twice = told.filter((what, index) => told.indexOf(what) !== index);
  if (twice.length > 0) problems.push(`recover tells twice: ${twice.join(", ")}`);
}

/** Every process that is left is told: itself, or whoever it goes with. */
async function doctorTells(cli: Cli, env: Record<string, string>, problems: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await cli.run(["doctor", "--leftovers", "--json"], env);
  if (exitCode !== 0 && exitCode !== 70) {
    problems.push(`doctor --leftovers exits with ${exitCode}: ${stderr}`);
    return;
  }
  const found: { kind: string; what: string }[] = JSON.parse(stdout);
  const told = new Set(found.map(({ what }) => Number(/\(pid (\d+)\)$/.exec(what)?.[1])));
  for (const names of relatives(cli)) {
    // PostgreSQL's workers are in groups of their own, and go with their postmaster.
    if (names.some((pid) => told.has(pid))) continue;
    problems.push(`doctor --leftovers does not tell of process ${names[0]}: ${stdout}`);
  }
  if ((exitCode === 70) !== found.length > 0) problems.push(`doctor exits with ${exitCode}: ${stdout}`);
}
