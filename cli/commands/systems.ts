import { Command } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { systems } from "../../common/systems.ts";
import { scenarios } from "../../scenarios/index.ts";
import type { Finish } from "../finish.ts";
import { printList } from "../print-list.ts";

export function systemsCommand(finish: Finish): Command {
  return new Command("systems")
    .description("the systems that can be rehearsed, one a line, with their scenarios")
    .option("--json", "as a JSON array")
    .action(({ json }: { json?: boolean }) => {
      const items = Object.entries(systems).map(([id, { title }]) => {
        const own = [...scenarios.values()].filter(({ system }) => system === id).map((each) => each.id);
        return json ? { id, title, scenarios: own } : { id, title: `${title}. Scenarios: ${own.join(", ")}` };
      });
      printList(items, json);
      finish(ExitCode.pass);
    });
}
