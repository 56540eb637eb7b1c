#!/usr/bin/env node
import { CommanderError } from "commander";
import { ExitCode } from "../common/errors.ts";
import { printError } from "./print-error.ts";
import { createProgram } from "./program.ts";

// A reader that goes away early (`| head`) is no failure, and must not end a run.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

try {
  await createProgram((exitCode) => {
    process.exitCode = exitCode;
  }).parseAsync();
} catch (error) {
  // Commander has printed its own message (unknown option, missing argument), or the help that was asked for.
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
  else process.exitCode = printError(error);
}
