import { Command } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { designs } from "../../rehearsal/designs.ts";
import type { Finish } from "../finish.ts";
import { printList } from "../print-list.ts";

export function designsCommand(finish: Finish): Command {
  return new Command("designs")
    .description("the fan-out designs there are, one a line")
    .option("--json", "as a JSON array")
    .action(({ json }: { json?: boolean }) => {
      printList(designs, json);
      finish(ExitCode.pass);
    });
}
