import { styleText } from "node:util";
import { ExitCode, MatchdayError, PlanError, type Problem } from "../common/errors.ts";
import { refusedBySystem } from "../common/system-errors.ts";
import { visible, visibleLines } from "../common/visible.ts";

/** Prints what went wrong on stderr, each problem as code, fact and remedy; returns the exit code. */
export function printError(error: unknown): number {
  if (error instanceof PlanError) {
    for (const problem of error.problems) printProblem(problem);
    return error.exitCode;
  }
  const known = error instanceof MatchdayError ? error : refusedBySystem(error);
  if (known) {
    printProblem({
      code: known.code,
      fact: known.message,
      remedy: known.hint,
    });
    return known.exitCode;
  }
  // A defect of ours: the stack is what a report of it needs.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printProblem({
    code: "HARNESS_FAILED",
    fact: detail,
    remedy: "this is a defect of matchday; please report it",
  });
  return ExitCode.harness;
}

export function printProblem({ code, fact, remedy }: Problem): void {
  const red = (text: string) => styleText("red", text, { stream: process.stderr });
  // Facts quote files and servers; a stack has several lines.
  process.stderr.write(`${red(`✗ ${visible(code)}`)}: ${visibleLines(fact)}\n`);
  if (remedy) process.stderr.write(`  → ${visibleLines(remedy)}\n`);
}
