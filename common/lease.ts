import { closeSync, openSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MatchdayError, messageOf } from "./errors.ts";
import {
  gateFile,
  type LeaseRecord,
  leasesDir,
  nameInWork,
  processFile,
  recordFile,
  removeLease,
  scratchDir,
} from "./lease-files.ts";
import { makeFolder } from "./make-folder.ts";
import { ManagedProcess, type ProcessSpec } from "./managed-process.ts";
import { stateDir } from "./paths.ts";
import { identityOf } from "./process-identity.ts";
import { writeRemedyOf } from "./system-errors.ts";

/**
 * What a run holds on this machine: processes and temporary folders. Each is on the disk before it is there, so that
 * `releaseLeftovers` finds it after a `kill -9` of the owner, whenever that was.
 */
export class Lease implements AsyncDisposable {
  readonly #record: LeaseRecord;
  readonly #dir: string;
  readonly #processes: ManagedProcess[] = [];
  #begun = 0;
  #released: Promise<void> | undefined;

  private constructor(record: LeaseRecord) {
    this.#record = record;
    this.#dir = join(leasesDir, record.id);
  }

  /** @throws MatchdayError LEASE_TAKEN when there is one of this name */
  static take(id: string): Lease {
    const lease = Lease.claim(id);
    if (lease) return lease;
    throw new MatchdayError("LEASE_TAKEN", `there is a run named ${id} already`, {
      hint: "see what there is: matchday doctor",
    });
  }

  /**
   * @returns undefined when there is one of this name: whoever holds it, it is not ours
   * @throws MatchdayError STATE_UNWRITABLE
   */
  static claim(id: string): Lease | undefined {
    const record = { id, owner: identityOf(process.pid), folders: [] };
    const made = join(scratchDir, nameInWork(id, record.owner));
    try {
      makeFolder(made, 0o700);
      makeFolder(leasesDir, 0o700);
    } catch (error) {
      throw unwritable(error);
    }
    try {
      writeFileSync(join(made, recordFile), JSON.stringify(record));
      writeFileSync(join(made, gateFile), "open");
      // Whole at once; a folder that is not empty is not replaced.
      renameSync(made, join(leasesDir, id));
      return new Lease(record);
    } catch (error) {
      rmSync(made, { recursive: true, force: true });
      if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
        return undefined;
      throw unwritable(error);
    }
  }

  /** Starts a process that ends with this lease at the latest. */
  async start(spec: ProcessSpec): Promise<ManagedProcess> {
    this.#refuseWhenReleased(spec.name);
    const order = String(++this.#begun).padStart(4, "0");
    const file = join(this.#dir, processFile(`${order}-${spec.name}`));
    const identity = openSync(file, "wx");
    const gate = openSync(join(this.#dir, gateFile), "r");
    let started: ManagedProcess;
    try {
      started = await ManagedProcess.start(spec, { identity, gate });
    } finally {
      closeSync(identity);
      closeSync(gate);
    }
    this.#processes.push(started);
    if (this.#released) {
      // Ctrl-C came while it started: whoever releases may have passed it by.
      await started.stop();
      this.#refuseWhenReleased(spec.name);
    }
    return started;
  }

  /**
   * Runs a process to its end, or until the signal.
   * @throws Error with the last it said when it does not end well, or the signal's reason
   */
  async run(spec: ProcessSpec, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const started = await this.start(spec);
    const stop = () => started.stop(0);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    await started.exited;
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    if (started.exit?.code !== 0)
      throw new Error(`${spec.name} ${started.howItEnded()}: ${started.logTail() || "its log is empty"}`);
  }

  /** Makes a folder that is removed with this lease. */
  folder(path: string): string {
    this.#refuseWhenReleased(path);
    const folder = resolve(path);
    this.#record.folders.push(folder);
    this.#save();
    makeFolder(folder);
    return folder;
  }

  /** Stops what still runs, the newest first, and removes the folders; safe to call twice. */
  release(): Promise<void> {
    this.#released ??= this.#shutDown();
    return this.#released;
  }

  async #shutDown(): Promise<void> {
    truncateSync(join(this.#dir, gateFile));
    const failures: unknown[] = [];
    for (const started of this.#processes.toReversed()) {
      await started.stop().catch((error) => failures.push(error));
    }
    // What still runs stays written down, with the folders that it may use, for `releaseLeftovers`.
    if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join("; "));
    for (const folder of this.#record.folders) rmSync(folder, { recursive: true, force: true });
    removeLease(this.#dir, this.#record.id);
  }

  #refuseWhenReleased(what: string): void {
    if (!this.#released) return;
    throw new MatchdayError("LEASE_RELEASED", `${what} is not begun: ${this.#record.id} is being stopped`, {
      hint: "run it again",
    });
  }

  #save(): void {
    const file = join(this.#dir, recordFile);
    try {
      writeFileSync(`${file}.new`, JSON.stringify(this.#record));
      renameSync(`${file}.new`, file);
    } catch (error) {
      throw unwritable(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

function unwritable(cause: unknown): MatchdayError {
  return new MatchdayError("STATE_UNWRITABLE", `${stateDir} cannot be written: ${messageOf(cause)}`, {
    hint: `${writeRemedyOf(cause)}, or set MATCHDAY_STATE to a folder that can be written; nothing begins without a record of it`,
    cause,
  });
}
