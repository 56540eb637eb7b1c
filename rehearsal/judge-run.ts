import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MatchdayError, messageOf } from "../common/errors.ts";
import { writeRemedyOf } from "../common/system-errors.ts";
import type { Verdict } from "../verdict/contract.ts";
import type { Reporter } from "./reporter.ts";
import { judgeSaved, readSavedRun } from "./saved-run.ts";

/** Judges a run folder, and writes the verdict and its reports into it. */
export async function judgeRun(folder: string, reporter: Reporter): Promise<Verdict> {
  const saved = await readSavedRun(folder);
  const verdict = judgeSaved(saved);
  for (const [name, content] of Object.entries(reporter.files(saved, verdict))) {
    try {
      await writeFile(join(folder, name), content);
    } catch (error) {
      throw new MatchdayError(
        "RUN_FOLDER_UNWRITABLE",
        `${join(folder, name)} cannot be written: ${messageOf(error)}`,
        {
          hint: `${writeRemedyOf(error)}; then: matchday report RUN`,
          cause: error,
        },
      );
    }
  }
  return verdict;
}
