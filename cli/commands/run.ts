import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { projectRoot } from "../../common/paths.ts";
import { readMachine } from "../../rehearsal/machine.ts";
import { makePlan, type RunRequest } from "../../rehearsal/plan.ts";
import { rehearse } from "../../rehearsal/rehearse.ts";
import { chooseStack } from "../../rehearsal/stack-choice.ts";
import { stackStarter } from "../../rehearsal/stacks.ts";
import { renderJson } from "../../reports/json.ts";
import { renderTerminal } from "../../reports/terminal.ts";
import { terminalOf } from "../colour.ts";
import type { Finish } from "../finish.ts";
import { interruptSignal } from "../interrupt.ts";
import { printError } from "../print-error.ts";
import { reporter } from "../reporter.ts";
import { createView } from "../view.ts";

interface RunOptions extends Omit<RunRequest, "scenario" | "command"> {
  out: string;
  basePort?: string;
  json?: boolean;
  quiet?: boolean;
}

export function runCommand(finish: Finish): Command {
  return new Command("run")
    .description("rehearse: stack, crowd, faults, verdict, report")
    .argument("<scenario>", "see: matchday scenarios")
    .option("--clients <n>", "how many virtual clients (default: the scenario's)")
    .option("--chaos <experiment>", "an experiment's name or file, or none (default: the scenario's)")
    .option(
      "--slo <file>",
      "budget in OpenSLO format, or the name of a built-in one (default: the scenario's)",
    )
    .option("--duration <time>", "length of the run, such as 90s or 2m (default: the scenario's)")
    .option("--design <name>", "fan-out design; see: matchday designs", "sse-redis")
    .option("--stack <name>", "auto, local or containers", "auto")
    .option(
      "--defect <id>",
      "plant a bug in the reference stack, with the experiment that shows it; see: matchday stack defects",
    )
    .option("--seed <n>", "seed of everything random", "1")
    .option("--out <dir>", "where run folders are kept", join(projectRoot, "runs"))
    .option("--base-port <port>", "first port of the stack (default: the first that are free)")
    .option("--json", "print verdict.json on stdout, and nothing else")
    .option("--quiet", "no progress, only the verdict")
    .addHelpText(
      "after",
      `
Examples:
  matchday run goal-spike --clients 5000 --chaos edge-crash
  matchday run goal-spike --chaos none --duration 45s --json > verdict.json
  matchday run goal-spike --clients 200000 --duration 2m30s`,
    )
    .action(async (scenario: string, options: RunOptions) => {
      const chosen = await chooseStack(options.stack);
      const plan = await makePlan({ ...options, scenario, command: commandLine() }, readMachine(), chosen);
      const view = createView({ quiet: options.quiet ?? false, plan, why: chosen.why });
      using interrupt = interruptSignal();
      const result = await rehearse({
        plan,
        // k6 looks for a relative path beside its script.
        runsDir: resolve(options.out),
        startStack: stackStarter(chosen, options.basePort),
        reporter,
        signal: interrupt.signal,
        onProgress: view.show,
      }).finally(() => view.end());
      if (options.json) process.stdout.write(renderJson(result.verdict));
      else
        process.stdout.write(
          renderTerminal(result.verdict, {
            ...terminalOf(process.stdout),
            reportPath: join(options.out, basename(result.folder), "report.html"),
          }),
        );
      if (result.error) printError(result.error);
      finish(result.exitCode);
    });
}

/** What a person types to repeat this run. */
function commandLine(): string {
  const quote = (word: string) =>
    /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return ["npm start --", ...process.argv.slice(2).map(quote)].join(" ");
}
