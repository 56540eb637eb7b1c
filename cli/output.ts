import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import { writeRemedyOf } from "../common/system-errors.ts";

/**
 * Output that cannot be written (a reader that goes away, a closed terminal, a full disk) ends nothing: a run heals, stops and
 * saves all the same, and its exit code is its verdict's.
 */
export class Output {
  #lost: Error | undefined;

  constructor() {
    process.stderr.on("error", () => {});
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      // `| head` has seen enough.
      if (error.code !== "EPIPE") this.#lost ??= error;
    });
  }

  /** What of stdout has not arrived, once all that is on its way has arrived or failed. */
  async lost(): Promise<MatchdayError | undefined> {
    if (process.stdout.writableLength > 0)
      await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
    // A failure is told a turn later than it happens.
    await new Promise((resolve) => setImmediate(resolve));
    return (
      this.#lost &&
      new MatchdayError("OUTPUT_UNWRITABLE", `stdout cannot be written: ${messageOf(this.#lost)}`, {
        hint: `${writeRemedyOf(this.#lost)}, or send it elsewhere; what a run has measured is in its folder`,
        exitCode: ExitCode.harness,
      })
    );
  }
}
