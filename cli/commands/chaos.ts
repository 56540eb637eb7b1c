import { Command } from "commander";
import { loadExperiment } from "../../chaos/experiment.ts";
import { listChaos } from "../../chaos/list.ts";
import { smallestShape } from "../../chaos/stack-shape.ts";
import { formatMs } from "../../common/duration.ts";
import { ExitCode } from "../../common/errors.ts";
import { visible } from "../../common/visible.ts";
import { cleanUp } from "../../rehearsal/clean-up.ts";
import { allowanceProblem } from "../../verdict/allowance-check.ts";
import { formatValue } from "../../verdict/words.ts";
import type { Finish } from "../finish.ts";
import { printList } from "../print-list.ts";

export function chaosCommand(finish: Finish): Command {
  const chaos = new Command("chaos").description("faults and experiments: list, check, recover");
  chaos
    .command("list")
    .description("the fault kinds and the experiments there are")
    .option("--json", "as a JSON array")
    .action(async ({ json }: { json?: boolean }) => {
      printList(listChaos(), json);
      finish(ExitCode.pass);
    });
  chaos
    .command("check")
    .description("check an experiment without running it")
    .argument("<file>", "an experiment file, or the name of a built-in one")
    .action(async (file: string) => {
      const experiment = loadExperiment(file, smallestShape, allowanceProblem);
      for (const { id, atMs, forMs, expect, allow } of experiment?.faults ?? []) {
        const expected = expect.map((expectation) => expectation.id).join(", ") || "nothing";
        const allowed = allow
          ? `${allow.measures.map(({ measure, target, unit }) => `${measure} ${formatValue(target, unit)}`).join(", ")} for ${formatMs(allow.forAtMostMs)} at most`
          : "nothing";
        const planned = `✓ ${id}: ${formatMs(atMs)} into the fault phase, for ${formatMs(forMs)}`;
        process.stdout.write(`${visible(`${planned}; expected: ${expected}; allowed: ${allowed}`)}\n`);
      }
      finish(ExitCode.pass);
    });
  chaos
    .command("recover")
    .description("heal what an interrupted run has left behind")
    .action(async () => {
      const done = await cleanUp();
      for (const { text, ok } of done) process.stdout.write(`${ok ? "✓" : "✗"} ${visible(text)}\n`);
      if (done.length === 0) process.stdout.write("nothing to recover\n");
      finish(done.every(({ ok }) => ok) ? ExitCode.pass : ExitCode.harness);
    });
  return chaos;
}
