import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { newToken } from "../../common/control-server.ts";
import { formatMs } from "../../common/duration.ts";
import { ExitCode } from "../../common/errors.ts";
import { dashboardsDir } from "../../common/paths.ts";
import { type Defect, defects } from "../../common/presale.ts";
import { type SystemName, systems } from "../../common/systems.ts";
import { allVisible, visible, visibleJson, visibleLines } from "../../common/visible.ts";
import { composeYaml } from "../../reference-stack/providers/containers/compose.ts";
import {
  down,
  logs,
  type StandingPart,
  type StandingStack,
  standingStacks,
} from "../../reference-stack/providers/containers/standing.ts";
import { secretsOf } from "../../reference-stack/secrets.ts";
import { topologyOf } from "../../reference-stack/topology.ts";
import { cleanUp } from "../../rehearsal/clean-up.ts";
import { checkedPort, checkedTail } from "../../rehearsal/given-numbers.ts";
import { readMachine } from "../../rehearsal/machine.ts";
import { edgesFor, standUp } from "../../rehearsal/stacks.ts";
import type { Finish } from "../finish.ts";
import { interruptSignal } from "../interrupt.ts";
import { printList } from "../print-list.ts";

interface SizeFlags {
  system: SystemName;
  clients?: string;
  edges?: string;
}

export function stackCommand(finish: Finish): Command {
  const stack = new Command("stack").description(
    "the reference stack in containers, kept standing between runs: up, down, status, logs, compose, defects",
  );
  sized(stack.command("up"))
    .description("start it, and leave it standing; runs use it until it is taken down")
    .option(
      "--base-port <port>",
      "first of the ports that are published on loopback (default: any free ones)",
    )
    .action(async ({ basePort, ...size }: SizeFlags & { basePort?: string }) => {
      const say = (text: string) => process.stderr.write(`${visible(text)}\n`);
      const edges = edgesFor(size, readMachine());
      checkedPort(basePort);
      for (const { text, ok } of await cleanUp()) say(`${ok ? "cleaned up" : "left"}: ${text}`);
      using interrupt = interruptSignal();
      const begunAt = performance.now();
      const standing = await standUp({
        system: size.system,
        edges,
        basePort,
        signal: interrupt.signal,
        onStep: say,
      });
      process.stdout.write(`${visible(standing.id)} is up after ${formatMs(performance.now() - begunAt)}\n`);
      process.stdout.write(whereToLook(allVisible(standing)));
      process.stdout.write("matchday run … uses it; matchday stack down removes it\n");
      finish(ExitCode.pass);
    });
  stack
    .command("down")
    .description("remove it, with all that it holds")
    .argument("[id]", "which, where several stand")
    .action(async (id: string | undefined) => {
      process.stdout.write(`${visible(await down(id))} is gone\n`);
      finish(ExitCode.pass);
    });
  stack
    .command("status")
    .description("what stands, and where to look at it")
    .option("--json", "as a JSON array")
    .action(async ({ json }: { json?: boolean }) => {
      const stacks = await standingStacks();
      if (json) process.stdout.write(`${visibleJson(stacks.map(plainStack))}\n`);
      else
        process.stdout.write(
          stacks.length === 0 ? "no stack stands\n" : allVisible(stacks).map(statusOf).join("\n"),
        );
      finish(ExitCode.pass);
    });
  stack
    .command("logs")
    .description("what one of its parts says")
    .argument("<part>", "see: matchday stack status")
    .option("-f, --follow", "go on as it is said")
    .option("--tail <lines>", "how many of the lines before", "100")
    .action(async (part: string, { follow, tail }: { follow?: boolean; tail: string }) => {
      const said = await logs(part, { follow: follow ?? false, tail: checkedTail(tail) });
      // A file gets them as they are; what a service prints must not act on a terminal.
      const shown = process.stdout.isTTY ? visibleLines : (text: string) => text;
      if (typeof said === "string") process.stdout.write(shown(said));
      else {
        using interrupt = interruptSignal();
        await pipeline(linesOf(said, shown), process.stdout, { end: false, signal: interrupt.signal }).catch(
          (error) => {
            if (!interrupt.signal.aborted) throw error;
          },
        );
      }
      finish(ExitCode.pass);
    });
  sized(stack.command("compose"))
    .description("print it as a compose.yaml that needs nothing else")
    .action((size: SizeFlags) => {
      const topology = topologyOf(edgesFor(size, readMachine()), {
        provider: "containers",
        system: size.system,
      });
      process.stdout.write(composeYaml(topology, secretsOf(newToken()), dashboardsDir));
      finish(ExitCode.pass);
    });
  stack
    .command("defects")
    .description("the bugs that can be planted, to see that a rehearsal finds them: run … --defect ID")
    .option("--json", "as a JSON array")
    .action(({ json }: { json?: boolean }) => {
      printList(
        Object.entries(defects).map(([id, { title, ...shownBy }]) => ({
          id,
          title: json ? title : `${title}. ${shownText(shownBy)}`,
          ...(json ? shownBy : {}),
        })),
        json,
      );
      finish(ExitCode.pass);
    });
  return stack.addHelpText(
    "after",
    `
Examples:
  matchday stack up && matchday run goal-spike     a run on it; Grafana shows it, and goes on showing it
  matchday stack up --clients 50000                with as many edges as so many clients need
  matchday stack logs edge-1 --follow
  matchday stack compose > compose.yaml && docker compose up`,
  );
}

/** Whole lines, so that nothing is told apart from what belongs to it. */
async function* linesOf(said: Readable, shown: (text: string) => string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: said, crlfDelay: Number.POSITIVE_INFINITY }))
    yield `${shown(line)}\n`;
}

const sized = (command: Command) =>
  command
    .addOption(
      new Option("--system <name>", "which of the systems")
        .choices(Object.keys(systems))
        .default("live-scores"),
    )
    .option("--clients <n>", "enough edges for so many clients (default: those of a laptop's run)")
    .option("--edges <n>", "so many edges");

const whereToLook = ({ consoles }: StandingStack) =>
  consoles.map(({ title, url }) => `  ${title}: ${url}\n`).join("");

const marks: Record<StandingPart["state"], string> = { running: "✓", paused: "‖", exited: "✗" };

function statusOf(standing: StandingStack): string {
  const { id, system, edges, since, parts, run } = standing;
  const width = Math.max(...parts.map(({ name }) => name.length));
  const lines = parts.map(({ name, state, status, ports }) => {
    const where = Object.entries(ports).map(([port, at]) => `${port} ${at}`);
    return `  ${marks[state]} ${name.padEnd(width)}  ${status.padEnd(16)}  ${where.join(", ")}`;
  });
  const used = run === undefined ? "free" : `used by ${run}`;
  return `${id}: ${system}, ${edges} edges, since ${since.toISOString().slice(0, 19)}Z, ${used}\n${lines.join("\n")}\n${whereToLook(standing)}`;
}

/** For scripts: without what only another process of ours needs. */
const plainStack = ({ about: _, ...stack }: StandingStack) => stack;

const shownText = ({ scenario, experiment, invariant }: Omit<Defect, "title">) =>
  `Shown by ${scenario}${experiment === "none" ? "" : ` with ${experiment}`}: breaks ${invariant}`;
