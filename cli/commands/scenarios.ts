import { Command } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { scenarios } from "../../scenarios/index.ts";
import type { Finish } from "../finish.ts";
import { printList } from "../print-list.ts";

export function scenariosCommand(finish: Finish): Command {
  return new Command("scenarios")
    .description("the scenarios there are, one a line")
    .option("--json", "as a JSON array")
    .action(({ json }: { json?: boolean }) => {
      const items = [...scenarios.values()].map(({ id, title, story, defaults }) => ({
        id,
        title,
        story,
        defaults,
      }));
      printList(items, json);
      finish(ExitCode.pass);
    });
}
