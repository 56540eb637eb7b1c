/** Where leases stand on the disk, and how they are read by others than their owner. */
import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIdentity } from "./launcher.ts";
import { makeFolder } from "./make-folder.ts";
import { stateDir } from "./paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { mostPlanBytes, readInput } from "./read-input.ts";

/** A folder each: `lease.json`, `gate`, and a file for each process, which it writes itself. */
export const leasesDir = join(stateDir, "leases");
/** What is on its way to be a lease, or on its way out, under a name that says whose work that is. */
export const scratchDir = join(stateDir, "scratch");

export const recordFile = "lease.json";
/** Empty: nothing of this lease may begin any more. */
export const gateFile = "gate";
export const processFile = (name: string) => `process-${name}`;

const identity = z.object({ pid: z.int().positive(), startTime: z.string().min(1) });
const record = z.object({ id: z.string().min(1), owner: identity, folders: z.array(z.string()) });

export type LeaseRecord = z.infer<typeof record>;

/** A lease as it stands on the disk. */
export interface StandingLease extends LeaseRecord {
  dir: string;
  /** The one that cleans it up now. */
  heir: ProcessIdentity | undefined;
}

const separator = "~";

/** What somebody works on has his name: taken by a rename, which only one of several can do. */
export const nameInWork = (id: string, heir: ProcessIdentity) =>
  [id, heir.pid, Buffer.from(heir.startTime).toString("base64url")].join(separator);

/** The name that it has while nobody works on it. */
export const unworked = (name: string) => name.split(separator, 1)[0]!;

/** Whose work it is; undefined for a name that nobody works on. */
export function workerOf(name: string): ProcessIdentity | undefined {
  const [, pid, startTime] = name.split(separator);
  if (pid === undefined || startTime === undefined) return undefined;
  return { pid: Number(pid), startTime: Buffer.from(startTime, "base64url").toString() };
}

const readState = (path: string) => readInput(path, { mostBytes: mostPlanBytes, strict: false });

/** Every lease that nobody cleans up now, and what stands there and is none. */
export function readLeases(): { leases: StandingLease[]; strangers: string[] } {
  const leases: StandingLease[] = [];
  const strangers: string[] = [];
  for (const name of names(leasesDir)) {
    const dir = join(leasesDir, name);
    try {
      const heir = workerOf(name);
      leases.push({ ...record.parse(JSON.parse(readState(join(dir, recordFile)))), dir, heir });
    } catch {
      // Or it has gone between the listing and the reading: ended by its owner, or taken by another.
      if (names(leasesDir).includes(name)) strangers.push(name);
    }
  }
  return { leases, strangers };
}

/** Processes of a lease that run, the newest first. */
export function processesOf(dir: string): (ProcessIdentity & { name: string })[] {
  const prefix = processFile("");
  return names(dir)
    .filter((file) => file.startsWith(prefix))
    .flatMap((file) => {
      const said = readIdentity(readState(join(dir, file)));
      // `0007-redis`: in the order of their beginning.
      return said && isRunning(said) ? [{ ...said, order: file, name: file.slice(prefix.length + 5) }] : [];
    })
    .sort((a, b) => (a.order < b.order ? 1 : -1))
    .map(({ pid, startTime, name }) => ({ pid, startTime, name }));
}

/** Removes a lease, in one step for whoever looks at leases; what a kill leaves of it is removed with the next. */
export function removeLease(dir: string, id: string): void {
  makeFolder(scratchDir, 0o700);
  const leaving = join(scratchDir, nameInWork(id, identityOf(process.pid)));
  renameSync(dir, leaving);
  rmSync(leaving, { recursive: true, force: true });
}

/** Removes what was on its way when its worker was killed. */
export function sweepScratch(): void {
  for (const name of names(scratchDir)) {
    const worker = workerOf(name);
    if (worker && !isRunning(worker)) rmSync(join(scratchDir, name), { recursive: true, force: true });
  }
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
