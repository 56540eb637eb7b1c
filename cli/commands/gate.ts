import { Command } from "commander";
import { loadBudget } from "../../rehearsal/plan.ts";
import { exitCodes } from "../../rehearsal/rehearse.ts";
import { judgeSaved, readSavedRun } from "../../rehearsal/saved-run.ts";
import { renderJson } from "../../reports/json.ts";
import { renderTerminal } from "../../reports/terminal.ts";
import { terminalOf } from "../colour.ts";
import type { Finish } from "../finish.ts";

export function gateCommand(finish: Finish): Command {
  return new Command("gate")
    .description("judge a saved run against another budget; the exit code is the verdict")
    .argument("<run>", "a run folder, such as runs/latest")
    .requiredOption("--slo <file>", "a budget in OpenSLO format, or the name of a built-in one")
    .option("--json", "print verdict.json on stdout, and nothing else")
    .addHelpText("after", "\nExample:\n  matchday gate runs/latest --slo budgets/final.yaml")
    .action(async (run: string, { slo, json }: { slo: string; json?: boolean }) => {
      const saved = await readSavedRun(run);
      const budget = await loadBudget(slo, saved.plan.system.id);
      saved.plan.command = `matchday gate ${run} --slo ${slo}`;
      const verdict = judgeSaved(saved, budget);
      process.stdout.write(json ? renderJson(verdict) : renderTerminal(verdict, terminalOf(process.stdout)));
      finish(exitCodes[verdict.verdict]);
    });
}
