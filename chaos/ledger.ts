import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, rmSync, writeFileSync } from "node:fs";
import { MatchdayError, messageOf } from "../common/errors.ts";
import { makeFolder } from "../common/make-folder.ts";
import { identityOf } from "../common/process-identity.ts";
import { writeRemedyOf } from "../common/system-errors.ts";
import type { UndoStep } from "./contract.ts";
import { faultsDir, type LedgerLine, ledgerFile } from "./ledger-files.ts";

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
    const file = ledgerFile(dir, run);
    let handle: number;
    try {
      makeFolder(dir, 0o700);
      // How a proxy is reached stands in it, with its password.
      handle = openSync(file, "ax", 0o600);
    } catch (error) {
      throw unwritable(file, error);
    }
    const ledger = new FaultLedger(file, handle);
    try {
      ledger.#write({ type: "run", run, owner: identityOf(process.pid) });
      syncFolder(dir);
    } catch (error) {
      ledger.close();
      throw error;
    }
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
    const before = fstatSync(this.#handle).size;
    try {
      // All of it, in as many writes as it takes: a nearly full disk takes a part, and that is no error.
      writeFileSync(this.#handle, `${JSON.stringify(line)}\n`);
      fsyncSync(this.#handle);
    } catch (error) {
      // Half a line would spoil the next. A reader leaves out what a crash has torn.
      ftruncateSync(this.#handle, before);
      throw unwritable(this.#file, error);
    }
  }
}

function unwritable(file: string, cause: unknown): MatchdayError {
  return new MatchdayError("FAULT_LEDGER_UNWRITABLE", `${file} cannot be written: ${messageOf(cause)}`, {
    hint:
      (cause as NodeJS.ErrnoException).code === "EEXIST"
        ? "a run of this name has left faults open: run matchday chaos recover"
        : `${writeRemedyOf(cause)}, or set MATCHDAY_STATE to a folder that can be written; no fault begins without its ledger`,
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
