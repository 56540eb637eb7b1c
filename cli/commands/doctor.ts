import { Command } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { allVisible, visibleJson } from "../../common/visible.ts";
import { doctor, renderDoctor } from "../../rehearsal/doctor.ts";
import { findLeftovers, renderLeftovers } from "../../rehearsal/leftovers.ts";
import { hasColour } from "../colour.ts";
import type { Finish } from "../finish.ts";

export function doctorCommand(finish: Finish): Command {
  return new Command("doctor")
    .description("what this machine can carry, what is missing, and what to change for more")
    .option("--leftovers", "only what is left of runs that are gone, whose it was, and what removes it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  matchday doctor
  matchday doctor --leftovers        exit code 70 when something is left`,
    )
    .action(async ({ json, leftovers }: { json?: boolean; leftovers?: boolean }) => {
      if (leftovers) {
        const found = findLeftovers();
        process.stdout.write(json ? `${visibleJson(found)}\n` : renderLeftovers(found));
        finish(found.length === 0 ? ExitCode.pass : ExitCode.harness);
        return;
      }
      const report = await doctor();
      process.stdout.write(
        json
          ? `${visibleJson(report)}\n`
          : renderDoctor(allVisible(report), { color: hasColour(process.stdout) }),
      );
      finish(report.checks.some(({ state }) => state === "fail") ? ExitCode.harness : ExitCode.pass);
    });
}
