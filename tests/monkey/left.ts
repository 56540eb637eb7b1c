import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { statFieldsOf } from "../../common/process-identity.ts";
import { until } from "../../common/until.ts";
import type { Cli } from "../e2e/cli.ts";
import { leftInEngine } from "../e2e/left-in-engine.ts";

/** Where a round's runs put what they put anywhere. */
export interface Surroundings {
  cli: Cli;
  tmp: string;
  cache: string;
  containers: boolean;
}

/** Sockets that the processes of these runs listen on now: each has a number that is never used again. */
export function listening(cli: Cli): Set<string> {
  const all = listeners();
  return new Set(
    pidsOf(cli)
      .flatMap(socketsOf)
      .filter((socket) => all.has(socket)),
  );
}

/**
 * What is left of the runs: the same question after every ending.
 * @param ports what was listened on before the ending
 */
export async function left(
  { cli, tmp, cache, containers }: Surroundings,
  ports: Set<string>,
): Promise<string[]> {
  // The kernel takes a moment to end what was killed; PostgreSQL's workers see by themselves that their postmaster is gone.
  const over = { withinMs: 3000, orElse: "", everyMs: 50 };
  await until(() => cli.leftovers().length === 0, over).catch(() => {});
  const there = listeners();
  const state = ["leases", "scratch", "faults", "stacks", "stack-locks", "quarantine"];
  return [
    ...cli.leftovers().map((line) => `process ${line}`),
    ...[...ports].filter((socket) => there.has(socket)).map((socket) => `port of ${socket}`),
    ...state.flatMap((name) => filesIn(join(cli.stateDir, name))).map((file) => `state ${file}`),
    ...filesIn(tmp).map((file) => `temporary ${file}`),
    ...filesIn(cache)
      .filter((file) => /postgres-[0-9a-f]+\.[^/]*$/.test(file))
      .map((file) => `half of a template ${file}`),
    ...(containers ? await leftInEngine(cli) : []).map((name) => `in the engine: ${name}`),
  ];
}

/** The processes of these runs that are there now, each with its own pid, its group's and its parent's. */
export function relatives(cli: Cli): number[][] {
  return pidsOf(cli).flatMap((pid) => {
    try {
      const [, parent, group] = statFieldsOf(pid);
      return [[pid, Number(group), Number(parent)]];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

const pidsOf = (cli: Cli) => cli.leftovers().map((line) => Number(line.split(" ")[0]));

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir).map((name) => join(dir, name));
  } catch {
    return [];
  }
}

/** `socket:[4711]`, as `/proc/<pid>/fd` calls it. */
function socketsOf(pid: number): string[] {
  return filesIn(`/proc/${pid}/fd`).flatMap((file) => {
    try {
      const target = readlinkSync(file);
      return target.startsWith("socket:") ? [target] : [];
    } catch {
      return [];
    }
  });
}

/** proc(5): state is the fourth field, 0A is LISTEN, the inode is the tenth. */
function listeners(): Set<string> {
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "utf8").split("\n"));
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(fields.filter(([, , , state]) => state === "0A").map((line) => `socket:[${line[9]}]`));
}
