import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { MatchdayError, messageOf } from "../common/errors.ts";
import { stateDir } from "../common/paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../common/process-identity.ts";
import type { UndoStep } from "./contract.ts";

/** Where ledgers lie, one file a run. */
export const faultsDir = join(stateDir, "faults");

type LedgerLine =
  | { type: "run"; run: string; owner: ProcessIdentity }
  | { type: "open"; fault: string; kind: string; atUs: number; undo: UndoStep[] }
  | { type: "healed"; fault: string };

/** A fault that a ledger holds as begun and not as healed. */
export interface OpenFault {
  fault: string;
  kind: string;
  /** When it began, microseconds since the epoch. */
  atUs: number;
  undo: UndoStep[];
}

/** What one ledger says when it is read back. */
export interface LedgerRecord {
  file: string;
  run: string;
  owner: ProcessIdentity;
  open: OpenFault[];
}

/**
 * The write-ahead ledger of one run's faults. What would undo a fault is on the disk before the fault begins, so that
 * `matchday chaos recover` and the next start can put right what a `kill -9` of the harness leaves broken.
 */
export class FaultLedger implements Disposable {
  readonly #file: string;
  readonly #handle: number;
  readonly #open = new Set<string>();
  #closed = false;

  private constructor(file: string, handle: number) {
    this.#file = file;
    this.#handle = handle;
  }

  /** @throws MatchdayError FAULT_LEDGER_UNWRITABLE */
  static open(run: string, dir: string = faultsDir): FaultLedger {
    const file = join(dir, `${run}.jsonl`);
    let handle: number;
    try {
      mkdirSync(dir, { recursive: true });
      handle = openSync(file, "ax");
    } catch (error) {
      throw unwritable(file, error);
    }
    const ledger = new FaultLedger(file, handle);
    ledger.#write({ type: "run", run, owner: identityOf(process.pid) });
    syncFolder(dir);
    return ledger;
  }

  /**
   * Call before the first change is made; it returns once the steps are on the disk.
   * @throws MatchdayError FAULT_LEDGER_UNWRITABLE: then the fault must not begin.
   */
  begin(fault: { id: string; kind: string; atUs: number }, undo: UndoStep[]): void {
    this.#write({ type: "open", fault: fault.id, kind: fault.kind, atUs: fault.atUs, undo });
    this.#open.add(fault.id);
  }

  /** Call once the heal is confirmed. */
  healed(fault: string): void {
    // Healed is healed, written down or not: the file goes with the last open fault.
    this.#open.delete(fault);
    this.#write({ type: "healed", fault });
  }

  /** Ends the ledger; its file goes with it unless a fault in it is still open. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#handle);
    if (this.#open.size === 0) rmSync(this.#file, { force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(line: LedgerLine): void {
    try {
      // One write of one whole line: a reader sees all of it or, after a crash, a torn last line that it leaves out.
      writeSync(this.#handle, `${JSON.stringify(line)}\n`);
      fsyncSync(this.#handle);
    } catch (error) {
      throw unwritable(this.#file, error);
    }
  }
}

function unwritable(file: string, cause: unknown): MatchdayError {
  return new MatchdayError("FAULT_LEDGER_UNWRITABLE", `${file} cannot be written: ${messageOf(cause)}`, {
    hint:
      (cause as NodeJS.ErrnoException).code === "EEXIST"
        ? "a run of this name has left faults open: run matchday chaos recover"
        : "free the disk, or set MATCHDAY_STATE to a folder that can be written; no fault begins without its ledger",
    cause,
  });
}

/** A new file is only there after a power cut when its folder is synced too. */
function syncFolder(dir: string): void {
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What one ledger file says, a torn last line left out; `undefined` when even its first line is torn. */
export function readLedger(file: string): LedgerRecord | undefined {
  let record: LedgerRecord | undefined;
  const open = new Map<string, OpenFault>();
  for (const text of readFileSync(file, "utf8").split("\n")) {
    let line: LedgerLine;
    try {
      line = JSON.parse(text);
    } catch {
      continue;
    }
    if (line.type === "run") {
      record = { file, run: line.run, owner: line.owner, open: [] };
    } else if (line.type === "open") {
      open.set(line.fault, { fault: line.fault, kind: line.kind, atUs: line.atUs, undo: line.undo });
    } else open.delete(line.fault);
  }
  return record && { ...record, open: [...open.values()] };
}

/** Every ledger that lies on this machine, those of running owners included. */
export function readLedgers(dir: string = faultsDir): LedgerRecord[] {
  let files: string[];
  try {
    files = readdirSync(dir).filter((file) => file.endsWith(".jsonl"));
  } catch {
    return [];
  }
  return files.sort().flatMap((file) => readLedger(join(dir, file)) ?? []);
}

/** Faults that have begun and are not healed, and whether the run that began them still runs. */
export function openFaults(dir: string = faultsDir): (OpenFault & { run: string; ownerRunning: boolean })[] {
  return readLedgers(dir).flatMap(({ run, owner, open }) => {
    const ownerRunning = isRunning(owner);
    return open.map((fault) => ({ ...fault, run, ownerRunning }));
  });
}
