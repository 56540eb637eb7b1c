/** Exit codes of every command; only `cli/command-line.ts` sets one. */
export const ExitCode = {
  pass: 0,
  failed: 1,
  unknown: 2,
  usage: 64,
  harness: 70,
  interrupted: 130,
} as const;

/** One thing that is wrong: a code to search for, the fact, and what to do about it. */
export interface Problem {
  /** UPPER_SNAKE, stable: scripts may match on it. */
  code: string;
  /** What is the case, in one sentence. */
  fact: string;
  /** What the reader can do about it. */
  remedy: string;
}

/** What is the case, where nobody can do anything about it one by one: a line of a saved run that does not fit. */
export type Fact = Omit<Problem, "remedy">;

interface MatchdayErrorOptions {
  /** The remedy: required, as a fact alone leaves its reader stuck. */
  hint: string;
  exitCode?: number;
  cause?: unknown;
}

/** The one error that users see: a code, a fact and a remedy. */
export class MatchdayError extends Error {
  override readonly name = "MatchdayError";
  readonly code: string;
  readonly hint: string;
  /** What the process exits with when nobody handles this error; 70 (the harness failed) unless told. */
  readonly exitCode: number;

  constructor(
    code: string,
    fact: string,
    { hint, exitCode = ExitCode.harness, cause }: MatchdayErrorOptions,
  ) {
    super(fact, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Wrong arguments or plan: every problem at once, exit code 64. */
export class PlanError extends MatchdayError {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const [first] = problems;
    super(first?.code ?? "PLAN_INVALID", problems.map((problem) => problem.fact).join("; "), {
      hint: first?.remedy ?? "correct what is told, and try again",
      exitCode: ExitCode.usage,
    });
    this.problems = problems;
  }
}

/** The message of anything thrown, its causes included. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const own = error.message || code || error.name;
  return error.cause === undefined ? own : `${own}: ${messageOf(error.cause)}`;
}
