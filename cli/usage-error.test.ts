import { afterEach, expect, test, vi } from "vitest";
import { PlanError } from "../common/errors.ts";
import { createProgram } from "./program.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a command line ends with, and what it has written meanwhile. */
async function ended(...args: string[]): Promise<{ error: unknown; said: string }> {
  let said = "";
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said += text;
      return true;
    });
  const error: unknown = await createProgram(() => {})
    .parseAsync(args, { from: "user" })
    .catch((thrown) => thrown);
  vi.restoreAllMocks();
  return { error, said };
}

test.each([
  [["run", "goal-spike", "--client", "5"], "OPTION_UNKNOWN", "--client", "did you mean --clients?"],
  [["run", "goal-spike", "--clients"], "OPTION_WITHOUT_VALUE", "--clients", "matchday run --help"],
  [["run"], "ARGUMENT_MISSING", "scenario", "matchday run --help"],
  [["rum"], "COMMAND_UNKNOWN", "rum", "did you mean run?"],
  [["stack", "upp"], "COMMAND_UNKNOWN", "upp", "did you mean up? matchday stack --help"],
  [["stack", "compose", "--system", "x"], "ARGUMENT_INVALID", "live-scores", "matchday stack compose --help"],
  [["scenarios", "extra"], "ARGUMENT_EXCESSIVE", "too many arguments", "matchday scenarios --help"],
  [["gate", "runs/latest"], "OPTION_MISSING", "--slo", "matchday gate --help"],
  [["report", "x", "--format", "pdf"], "ARGUMENT_INVALID", "html", "matchday report --help"],
  [["chaos"], "COMMAND_MISSING", "matchday chaos", "matchday chaos --help"],
  [[], "COMMAND_MISSING", "matchday", "matchday --help"],
])("%j: a code, a fact and a remedy, and 64", async (args, code, fact, remedy) => {
  const { error, said } = await ended(...args);
  expect(error).toBeInstanceOf(PlanError);
  const { problems, exitCode } = error as PlanError;
  expect(exitCode).toBe(64);
  expect(problems).toEqual([
    { code, fact: expect.stringContaining(fact), remedy: expect.stringContaining(remedy) },
  ]);
  expect(problems[0]!.fact).not.toMatch(/^error|Did you mean/);
  // Commander itself says nothing; without a command it shows what there is.
  if (code !== "COMMAND_MISSING") expect(said).toBe("");
  else expect(said).toContain("Usage:");
});

test("help and version are no errors", async () => {
  expect(await ended("--version")).toMatchObject({ error: { exitCode: 0 } });
  const { error, said } = await ended("stack", "up", "--help");
  expect(error).toMatchObject({ exitCode: 0 });
  expect(said).toContain("Usage: matchday stack up");
});
