import { CommanderError } from "commander";
import { vi } from "vitest";
import { printError } from "../../cli/print-error.ts";
import { createProgram } from "../../cli/program.ts";
import { ExitCode } from "../../common/errors.ts";

export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  ms: number;
}

/** A command line, carried out in this process as `cli/command-line.ts` does it. */
export async function inProcess(args: readonly string[]): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      output[name] += text;
      return true;
    }),
  );
  const begunAt = performance.now();
  let exitCode: number | undefined;
  try {
    await createProgram((code) => {
      exitCode = code;
    }).parseAsync([...args], { from: "user" });
  } catch (error) {
    exitCode = error instanceof CommanderError ? ExitCode.pass : printError(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { exitCode, ...output, ms: performance.now() - begunAt };
}
