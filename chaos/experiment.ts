import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, MatchdayError, messageOf, PlanError } from "../common/errors.ts";
import type { Experiment } from "../common/experiment.ts";
import { readInput } from "../common/read-input.ts";
import type { StackShape } from "./contract.ts";
import { type AllowanceCheck, parseExperiment } from "./parse-experiment.ts";

export { type ParsedExperiment, parseExperiment } from "./parse-experiment.ts";

const builtInDir = join(import.meta.dirname, "experiments");

/** Ids of the experiments that ship with the product. */
export function builtInExperiments(): string[] {
  return readdirSync(builtInDir)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.replace(/\.yaml$/, ""))
    .sort();
}

/**
 * Loads a built-in experiment by its id, or one of the user's by its path; `none` is `null`.
 * @throws MatchdayError EXPERIMENT_NOT_FOUND, with what there is
 * @throws PlanError with every problem of the file
 */
export function loadExperiment(
  nameOrFile: string,
  stack?: StackShape,
  allowanceProblem?: AllowanceCheck,
): Experiment | null {
  if (nameOrFile === "none") return null;
  const builtIn = builtInExperiments().includes(nameOrFile);
  const file = builtIn ? join(builtInDir, `${nameOrFile}.yaml`) : nameOrFile;
  let text: string;
  try {
    text = readInput(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new MatchdayError(
      "EXPERIMENT_NOT_FOUND",
      missing
        ? `there is no experiment "${nameOrFile}", and no such file`
        : `the experiment "${nameOrFile}" cannot be read: ${messageOf(error)}`,
      {
        hint: `choose ${builtInExperiments().join(", ")}, none, or the path of a YAML file`,
        exitCode: ExitCode.usage,
        cause: error,
      },
    );
  }
  const name = builtIn ? `${nameOrFile}.yaml` : nameOrFile;
  const { experiment, problems } = parseExperiment(text, name, stack, allowanceProblem);
  if (!experiment) throw new PlanError(problems);
  return experiment;
}
