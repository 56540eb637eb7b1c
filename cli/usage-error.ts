import type { Command, CommanderError } from "commander";
import { PlanError } from "../common/errors.ts";

const codes: Record<string, string> = {
  "commander.unknownOption": "OPTION_UNKNOWN",
  "commander.optionMissingArgument": "OPTION_WITHOUT_VALUE",
  "commander.missingMandatoryOptionValue": "OPTION_MISSING",
  "commander.invalidArgument": "ARGUMENT_INVALID",
  "commander.missingArgument": "ARGUMENT_MISSING",
  "commander.excessArguments": "ARGUMENT_EXCESSIVE",
  "commander.unknownCommand": "COMMAND_UNKNOWN",
  "commander.help": "COMMAND_MISSING",
};

/**
 * What commander ends a command with: help and version by themselves, an error of the arguments as one of ours.
 * @throws CommanderError, PlanError
 */
export function endOf(command: Command): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0) throw error;
    throw new PlanError([
      {
        code: codes[error.code] ?? "ARGUMENTS_INVALID",
        fact: factOf(error, command),
        remedy: remedyOf(error, command),
      },
    ]);
  };
}

function factOf({ code, message }: CommanderError, command: Command): string {
  if (code === "commander.help") return `${nameOf(command)} does nothing without a command`;
  return message.replace(/^error: /, "").replace(/\n\(Did you mean.*$/s, "");
}

function remedyOf({ message }: CommanderError, command: Command): string {
  const [, meant] = /\(Did you mean (?:one of )?(.*)\?\)$/s.exec(message) ?? [];
  const help = `${nameOf(command)} --help tells what there is`;
  return meant === undefined ? help : `did you mean ${meant}? ${help}`;
}

/** As it is typed: `matchday stack up`. */
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
