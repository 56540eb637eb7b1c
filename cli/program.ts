import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { chaosCommand } from "./commands/chaos.ts";
import { dashboardsCommand } from "./commands/dashboards.ts";
import { designsCommand } from "./commands/designs.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { gateCommand } from "./commands/gate.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { scenariosCommand } from "./commands/scenarios.ts";
import { stackCommand } from "./commands/stack.ts";
import { systemsCommand } from "./commands/systems.ts";
import type { Finish } from "./finish.ts";
import { endOf } from "./usage-error.ts";

export function createProgram(finish: Finish): Command {
  const program = new Command("matchday")
    .description(
      "Rehearse match day before match day: load, faults and a verdict for live-sports real-time systems.",
    )
    .version(packageJson.version)
    // It is told as every other error is: see usage-error.ts.
    .configureOutput({ outputError() {} })
    .addHelpText(
      "after",
      `
Examples:
  matchday run goal-spike                       2,000 fans, a goal, Redis away for 10 s
  matchday run goal-spike --chaos edge-crash    an edge is killed instead
  matchday stack up                             the stack in containers, with Grafana, kept for the next runs
  matchday report runs/latest                   the verdict again, from the saved files
  matchday doctor                               what this machine can carry

Exit codes: 0 pass · 1 an SLO or invariant failed · 2 unknown · 64 wrong arguments or plan · 70 the harness failed · 130 interrupted`,
    );
  program.exitOverride(endOf(program));
  for (const make of [
    runCommand,
    reportCommand,
    gateCommand,
    stackCommand,
    chaosCommand,
    systemsCommand,
    scenariosCommand,
    designsCommand,
    dashboardsCommand,
    doctorCommand,
  ]) {
    program.addCommand(inherit(make(finish), program));
  }
  return program;
}

/** Settings reach a command's own commands too: else a wrong argument of theirs would end the process by itself, with 1. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  command.exitOverride(endOf(command));
  for (const inner of command.commands) inherit(inner, command);
  return command;
}
