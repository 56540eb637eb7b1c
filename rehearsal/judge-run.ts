import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import { readRun } from "../measurements/read-run.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { buildSeries } from "../measurements/series.ts";
import { renderHtml } from "../reports/html.ts";
import { renderJson } from "../reports/json.ts";
import { renderJunit } from "../reports/junit.ts";
import { renderMarkdown } from "../reports/markdown.ts";
import type { Budget, Verdict } from "../verdict/contract.ts";
import { judge } from "../verdict/judge.ts";
import type { Plan } from "../verdict/plan.ts";

export interface SavedRun {
  plan: Plan;
  record: RunRecord;
}

/**
 * Reads a run folder.
 * @throws MatchdayError RUN_NOT_FOUND
 */
export async function readSavedRun(folder: string): Promise<SavedRun> {
  const file = join(folder, "plan.json");
  if (!existsSync(file)) {
    throw new MatchdayError("RUN_NOT_FOUND", `${folder} is no run folder: it holds no plan.json`, {
      hint: "give the path of a run, such as runs/latest",
      exitCode: ExitCode.usage,
    });
  }
  try {
    return { plan: JSON.parse(await readFile(file, "utf8")), record: await readRun(folder) };
  } catch (error) {
    if (error instanceof MatchdayError) throw error;
    throw new MatchdayError("RUN_UNREADABLE", `${folder} cannot be read: ${messageOf(error)}`, {
      exitCode: ExitCode.unknown,
      cause: error,
    });
  }
}

/** Judges a saved run, against another budget when one is given; from its files only. */
export function judgeSaved({ plan, record }: SavedRun, budget?: Budget): Verdict {
  return judge(budget ? { ...plan, budget } : plan, record);
}

export function htmlOf({ plan, record }: SavedRun, verdict: Verdict): string {
  return renderHtml(verdict, buildSeries(plan, record));
}

/** Judges a run folder, and writes the verdict and its reports into it. */
export async function judgeRun(folder: string): Promise<Verdict> {
  const saved = await readSavedRun(folder);
  const verdict = judgeSaved(saved);
  const files = {
    "verdict.json": renderJson(verdict),
    "report.html": htmlOf(saved, verdict),
    "junit.xml": renderJunit(verdict),
    "summary.md": renderMarkdown(verdict),
  };
  for (const [name, content] of Object.entries(files)) {
    try {
      await writeFile(join(folder, name), content);
    } catch (error) {
      throw new MatchdayError(
        "RUN_FOLDER_UNWRITABLE",
        `${join(folder, name)} cannot be written: ${messageOf(error)}`,
        {
          hint: "free disk space there; then: matchday report RUN",
          cause: error,
        },
      );
    }
  }
  return verdict;
}
