import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MatchdayError, messageOf } from "./errors.ts";
import { ManagedProcess, type ProcessSpec } from "./managed-process.ts";
import { stateDir } from "./paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { until } from "./until.ts";

interface LeaseRecord {
  id: string;
  owner: ProcessIdentity;
  processes: (ProcessIdentity & { name: string })[];
  /** Temporary folders, removed with the lease. */
  folders: string[];
}

const leasesDir = join(stateDir, "leases");
const fileOf = (id: string) => join(leasesDir, `${id}.json`);

/**
 * What a run holds on this machine: processes and temporary folders. It is written down before anything is used, so
 * that `releaseLeftovers` finds it after a `kill -9` of the owner.
 */
export class Lease implements AsyncDisposable {
  readonly #record: LeaseRecord;
  readonly #processes: ManagedProcess[] = [];
  #released: Promise<void> | undefined;

  private constructor(id: string) {
    this.#record = { id, owner: identityOf(process.pid), processes: [], folders: [] };
  }

  static take(id: string): Lease {
    const lease = new Lease(id);
    lease.#save();
    return lease;
  }

  /** Starts a process that ends with this lease at the latest. */
  async start(spec: ProcessSpec): Promise<ManagedProcess> {
    this.#refuseWhenReleased(spec.name);
    const started = await ManagedProcess.start(spec);
    this.#processes.push(started);
    if (this.#released) {
      // Ctrl-C came while it started: whoever releases may have passed it by.
      await started.stop();
      this.#refuseWhenReleased(spec.name);
    }
    this.#record.processes.push({ name: spec.name, ...started.identity });
    this.#save();
    return started;
  }

  /** Makes a folder that is removed with this lease. */
  folder(path: string): string {
    this.#refuseWhenReleased(path);
    this.#record.folders.push(path);
    this.#save();
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Stops what still runs, the newest first, and removes the folders; safe to call twice. */
  release(): Promise<void> {
    this.#released ??= this.#shutDown();
    return this.#released;
  }

  async #shutDown(): Promise<void> {
    const failures: unknown[] = [];
    for (const started of this.#processes.toReversed()) {
      await started.stop().catch((error) => failures.push(error));
    }
    // What still runs stays written down, with the folders that it may use, for `releaseLeftovers`.
    if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join("; "));
    for (const folder of this.#record.folders) rmSync(folder, { recursive: true, force: true });
    rmSync(fileOf(this.#record.id), { force: true });
  }

  #refuseWhenReleased(what: string): void {
    if (!this.#released) return;
    throw new MatchdayError("LEASE_RELEASED", `${what} is not begun: ${this.#record.id} is being stopped`);
  }

  #save(): void {
    mkdirSync(leasesDir, { recursive: true });
    const file = fileOf(this.#record.id);
    writeFileSync(`${file}.new`, JSON.stringify(this.#record));
    renameSync(`${file}.new`, file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** Names of the runs whose owner is gone while their lease still stands; changes nothing. */
export function leftoverLeases(): string[] {
  let files: string[];
  try {
    files = readdirSync(leasesDir).filter((file) => file.endsWith(".json"));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      const { id, owner }: LeaseRecord = JSON.parse(readFileSync(join(leasesDir, file), "utf8"));
      return isRunning(owner) ? [] : [id];
    } catch {
      // It ended between the listing and the reading, or is no lease.
      return [];
    }
  });
}

/**
 * Ends what runs have left behind whose owner is gone (killed, crashed, machine restarted).
 * @returns the names of the processes ended, for a line of output.
 * @throws MatchdayError LEFTOVERS_RUNNING when some cannot be ended; all others are by then.
 */
export async function releaseLeftovers(): Promise<string[]> {
  const ended: string[] = [];
  const failures: string[] = [];
  let files: string[];
  try {
    files = readdirSync(leasesDir).filter((file) => file.endsWith(".json"));
  } catch {
    return ended;
  }
  for (const file of files) {
    const path = join(leasesDir, file);
    let record: LeaseRecord;
    try {
      record = JSON.parse(readFileSync(path, "utf8"));
    } catch {
      rmSync(path, { force: true });
      continue;
    }
    if (isRunning(record.owner)) continue;
    const before = failures.length;
    for (const left of record.processes.toReversed().filter(isRunning)) {
      try {
        await end(left);
        ended.push(left.name);
      } catch (error) {
        failures.push(`${left.name} (pid ${left.pid}): ${messageOf(error)}`);
      }
    }
    if (failures.length > before) continue;
    for (const folder of record.folders) rmSync(folder, { recursive: true, force: true });
    rmSync(path, { force: true });
  }
  if (failures.length === 0) return ended;
  throw new MatchdayError(
    "LEFTOVERS_RUNNING",
    `an earlier run has left processes behind: ${failures.join("; ")}`,
    {
      hint: "end them by hand, as the user who started them",
    },
  );
}

async function end(left: ProcessIdentity): Promise<void> {
  try {
    // The whole group: PostgreSQL's workers and k6's threads go with their parent.
    process.kill(-left.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  await until(() => !isRunning(left), { withinMs: 5000, orElse: "it does not end within 5 s" });
}
