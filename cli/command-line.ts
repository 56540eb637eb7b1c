/** The command line, carried out: what it prints, and its exit code. */
import { CommanderError } from "commander";
import { ExitCode } from "../common/errors.ts";
import { Output } from "./output.ts";
import { printError } from "./print-error.ts";
import { createProgram } from "./program.ts";

// Thrown where nobody waits for it, in the handler of an event: Node would end with 1, which is a verdict's.
process.on("uncaughtException", (error) => process.exit(printError(error)));

const output = new Output();
let exitCode: number = ExitCode.pass;
try {
  await createProgram((code) => {
    exitCode = code;
  }).parseAsync();
} catch (error) {
  // Commander ends so when it has printed the help or the version that was asked for.
  exitCode = error instanceof CommanderError ? ExitCode.pass : printError(error);
}
const lost = await output.lost();
if (lost) {
  const code = printError(lost);
  // The exit code of a run, and of a gate, is the verdict.
  if (exitCode === ExitCode.pass && !["run", "gate"].includes(process.argv[2] ?? "")) exitCode = code;
}
process.exitCode = exitCode;
