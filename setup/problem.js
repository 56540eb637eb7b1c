/** One thing that is wrong, said as the rest of the product says it: a code, a fact, and what to do about it. */
export class SetupError extends Error {
  name = "SetupError";

  /**
   * @param {string} code
   * @param {string} fact
   * @param {string} remedy
   */
  constructor(code, fact, remedy) {
    super(fact);
    this.code = code;
    this.remedy = remedy;
  }
}

/** Several of them, found at once. */
export class SetupErrors extends Error {
  name = "SetupErrors";

  /** @param {SetupError[]} problems */
  constructor(problems) {
    super(problems.map((problem) => problem.message).join("; "));
    this.problems = problems;
  }
}

/** @param {unknown} error */
export function textOf(error) {
  const problems = error instanceof SetupErrors ? error.problems : [error];
  return problems
    .map((problem) =>
      problem instanceof SetupError
        ? `✗ ${problem.code}: ${problem.message}\n  → ${problem.remedy.replaceAll("\n", "\n    ")}\n`
        : `✗ the set-up itself failed: ${problem instanceof Error ? problem.stack : problem}\n`,
    )
    .join("");
}
