import { Command } from "commander";
import { ExitCode } from "../../common/errors.ts";
import { doctor, renderDoctor } from "../../rehearsal/doctor.ts";
import { hasColour } from "../colour.ts";
import type { Finish } from "../finish.ts";

export function doctorCommand(finish: Finish): Command {
  return new Command("doctor")
    .description("what this machine can carry, what is missing, and what to change for more")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const report = await doctor();
      process.stdout.write(
        json
          ? `${JSON.stringify(report, null, 2)}\n`
          : renderDoctor(report, { color: hasColour(process.stdout) }),
      );
      finish(report.checks.some(({ state }) => state === "fail") ? ExitCode.harness : ExitCode.pass);
    });
}
