import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reporter } from "../cli/reporter.ts";
import { projectRoot } from "../common/paths.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { readMachine } from "../rehearsal/machine.ts";
import { makePlan } from "../rehearsal/plan.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { readSavedRun } from "../rehearsal/saved-run.ts";
import { stackStarter } from "../rehearsal/stacks.ts";
import type { Verdict } from "../verdict/contract.ts";

export interface OneGoal {
  verdict: Verdict;
  record: RunRecord;
  /** The most memory in use on the whole machine, and before the run began. */
  peakBytes: number;
  beforeBytes: number;
}

/** Goals, so far apart that one is over before the next. */
const goalEveryMs = 3000;

/** The reference stack and a crowd; nothing but `goals` goals once everybody is in. */
export async function runGoals(clients: number, goals: number): Promise<OneGoal> {
  const plan = await makePlan(
    { scenario: "goal-spike", clients: String(clients), chaos: "none", command: "npm run bench" },
    readMachine(),
  );
  const quietAtMs = plan.phases[0]!.toMs + 2000;
  plan.durationMs = quietAtMs + goals * goalEveryMs + 3000;
  plan.phases = [
    { name: "arrive", fromMs: 0, toMs: quietAtMs },
    { name: "baseline", fromMs: quietAtMs, toMs: plan.durationMs },
  ];
  plan.crowd.leaveAtMs = plan.durationMs;
  plan.system.script = {
    odds: [],
    items: Array.from({ length: goals }, (_, index) => ({
      atMs: quietAtMs + 1000 + index * goalEveryMs,
      stream: "match:final",
      class: "goal",
      event: {
        type: "GOAL",
        factId: `g${index}`,
        version: 1,
        team: "home",
        minute: index + 1,
        player: "Ito",
      },
    })),
  };
  const beforeBytes = memoryInUse();
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryInUse());
  }, 250);
  try {
    const { folder, verdict, error } = await rehearse({
      plan,
      runsDir: join(projectRoot, "runs"),
      startStack: stackStarter({ provider: "local" }),
      reporter,
      signal: new AbortController().signal,
      onProgress(progress) {
        if (progress.type === "step") console.error(progress.text);
        if (progress.type === "second" && progress.view.atMs % 5000 === 0) {
          console.error(`${progress.view.atMs / 1000} s: ${progress.view.open} open`);
        }
      },
    });
    if (error) throw error;
    return { verdict, record: (await readSavedRun(folder)).record, peakBytes, beforeBytes };
  } finally {
    clearInterval(watch);
  }
}

function memoryInUse(): number {
  const info = readFileSync("/proc/meminfo", "utf8");
  const kib = (name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(info)?.[1]);
  return (kib("MemTotal") - kib("MemAvailable")) * 1024;
}
