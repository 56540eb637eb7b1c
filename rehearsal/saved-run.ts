import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import { mostPlanBytes, readInput } from "../common/read-input.ts";
import { readRun } from "../measurements/read-run.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import type { Budget, Verdict } from "../verdict/contract.ts";
import { judge } from "../verdict/judge.ts";
import type { Plan } from "../verdict/plan.ts";
import { parsePlan } from "../verdict/plan-schema.ts";

export interface SavedRun {
  plan: Plan;
  record: RunRecord;
}

/**
 * Reads a run folder.
 * @throws MatchdayError RUN_NOT_FOUND, RUN_UNREADABLE, PLAN_UNREADABLE, PLAN_NEWER
 */
export async function readSavedRun(folder: string): Promise<SavedRun> {
  const file = join(folder, "plan.json");
  if (!existsSync(file)) {
    throw new MatchdayError(
      "RUN_NOT_FOUND",
      `${folder || "nothing"} is no run folder: it holds no plan.json`,
      {
        hint: "give the path of a run, such as runs/latest",
        exitCode: ExitCode.usage,
      },
    );
  }
  try {
    return {
      plan: parsePlan(readInput(file, { mostBytes: mostPlanBytes, strict: false }), file),
      record: await readRun(folder),
    };
  } catch (error) {
    if (error instanceof MatchdayError) throw error;
    throw new MatchdayError("RUN_UNREADABLE", `${folder} cannot be read: plan.json: ${messageOf(error)}`, {
      hint: "see whether its files belong to you, and are as they were saved",
      exitCode: ExitCode.unknown,
      cause: error,
    });
  }
}

/** Judges a saved run, against another budget when one is given; from its files only. */
export function judgeSaved({ plan, record }: SavedRun, budget?: Budget): Verdict {
  try {
    return judge(budget ? { ...plan, budget } : plan, record);
  } catch (error) {
    if (error instanceof MatchdayError) throw error;
    // Each value is what it should be, and together they make no sense.
    throw new MatchdayError(
      "RUN_UNJUDGEABLE",
      `the files of ${plan.run} contradict each other: ${messageOf(error)}`,
      {
        hint: "take the folder from where it was saved, or run it again",
        exitCode: ExitCode.unknown,
        cause: error,
      },
    );
  }
}
