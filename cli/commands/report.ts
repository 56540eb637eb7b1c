import { Command, Option } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { judgeSaved, readSavedRun, type SavedRun } from "../../rehearsal/saved-run.ts";
import { renderJson } from "../../reports/json.ts";
import { renderJunit } from "../../reports/junit.ts";
import { renderMarkdown } from "../../reports/markdown.ts";
import { renderTerminal } from "../../reports/terminal.ts";
import type { Verdict } from "../../verdict/contract.ts";
import { terminalOf } from "../colour.ts";
import type { Finish } from "../finish.ts";
import { htmlOf } from "../reporter.ts";

const formats: Record<string, (verdict: Verdict, saved: SavedRun) => string> = {
  terminal: (verdict) => renderTerminal(verdict, terminalOf(process.stdout)),
  html: (verdict, saved) => htmlOf(saved, verdict),
  json: renderJson,
  junit: renderJunit,
  markdown: renderMarkdown,
};

export function reportCommand(finish: Finish): Command {
  return new Command("report")
    .description("print a saved run's verdict, from its files alone")
    .argument("<run>", "a run folder, such as runs/latest")
    .addOption(
      new Option("--format <format>", "what to print").choices(Object.keys(formats)).default("terminal"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  matchday report runs/latest\n  matchday report runs/latest --format html > report.html",
    )
    .action(async (run: string, { format }: { format: string }) => {
      const saved = await readSavedRun(run);
      process.stdout.write(`${formats[format]!(judgeSaved(saved), saved).trimEnd()}\n`);
      finish(ExitCode.pass);
    });
}
