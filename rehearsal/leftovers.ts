import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { leftLedgers, strangeLedgers } from "../chaos/ledger-files.ts";
import { stepInWords } from "../chaos/undo.ts";
import { leasesDir, readLeases } from "../common/lease-files.ts";
import { leftoverLeases } from "../common/leftovers.ts";
import { visible } from "../common/visible.ts";
import { leftoverContainerStacks } from "../reference-stack/providers/containers/leftovers.ts";
import { strangeRecords } from "../reference-stack/providers/containers/stack-records.ts";

/** One thing that a run which is gone has left behind. */
export interface Leftover {
  kind: "process" | "folder" | "fault" | "containers" | "record";
  /** For people: `redis (pid 4711)`, a path, `edge-1.redis enabled`. */
  what: string;
  /** Whose it was; absent for a record that names nobody. */
  run?: string;
  /** When that was written down, ISO 8601; absent where nobody knows. */
  since?: string;
  /** The command. */
  removedBy: typeof removal;
}
type Found = Omit<Leftover, "removedBy">;

const removal = "matchday chaos recover";

/** What is left of any run whose owner is gone; changes nothing, and asks no engine. */
export function findLeftovers(): Leftover[] {
  const found = [...ofLeases(), ...ofLedgers(), ...ofEngines(), ...strangers()];
  return found.map((each) => ({ ...each, removedBy: removal }));
}

function ofLeases(): Found[] {
  return leftoverLeases().flatMap(({ id, dir, processes, folders }) => {
    const about = { run: id, ...sinceOf(dir) };
    const things: Found[] = [
      ...processes.map(({ name, pid }) => ({
        kind: "process" as const,
        what: `${name} (pid ${pid})`,
        ...about,
      })),
      ...folders.filter(existsSync).map((folder) => ({ kind: "folder" as const, what: folder, ...about })),
    ];
    return things.length > 0 ? things : [{ kind: "record", what: dir, ...about }];
  });
}

function ofLedgers(): Found[] {
  return leftLedgers().flatMap(({ run, open, file }): Found[] => {
    if (open.length === 0) return [{ kind: "record", what: file, run, ...sinceOf(file) }];
    return open.flatMap(({ fault, undo, atUs }) =>
      undo.map((step) => ({
        kind: "fault" as const,
        what: `${fault}, undone by: ${stepInWords(step)}`,
        run,
        since: new Date(atUs / 1000).toISOString(),
      })),
    );
  });
}

const ofEngines = (): Found[] =>
  leftoverContainerStacks().map((id) => ({
    kind: "containers",
    what: `containers and network of the stack ${id}`,
    run: id,
  }));

const strangers = (): Found[] =>
  [
    ...strangeLedgers(),
    ...readLeases().strangers.map((name) => join(leasesDir, name)),
    ...strangeRecords(),
  ].map((file) => ({
    kind: "record",
    what: `${file}, which nobody can read`,
    ...sinceOf(file),
  }));

function sinceOf(path: string): { since?: string } {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? { since: stat.mtime.toISOString() } : {};
}

/** For a terminal: a line each, and what removes them. */
export function renderLeftovers(leftovers: Leftover[]): string {
  if (leftovers.length === 0) return "nothing is left of any run\n";
  const lines = leftovers.map(({ kind, what, run, since }) => {
    const whose = run === undefined ? "" : ` of ${run}`;
    const when = since === undefined ? "" : `, since ${since.slice(0, 19)}Z`;
    return visible(`! ${kind}${whose}${when}: ${what}`);
  });
  return `${lines.join("\n")}\n\n${removal} removes it, and so does the next run\n`;
}
