import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { MatchdayError, messageOf } from "../common/errors.ts";
import { stateDir } from "../common/paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../common/process-identity.ts";
import { remedyOfWriting } from "../common/unwritable.ts";
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
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      // How a proxy is reached stands in it, with its password.
      handle = openSync(file, "ax", 0o600);
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
        : remedyOfWriting(
            cause,
            "set MATCHDAY_STATE to a folder that can be written; no fault begins without its ledger",
          ),
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

const identity = z.object({ pid: z.int().positive(), startTime: z.string().min(1) });
const undoStep: z.ZodType<UndoStep> = z.discriminatedUnion("do", [
  z.object({ do: z.literal("enable-proxy"), api: z.url(), proxy: z.string() }),
  z.object({ do: z.literal("remove-toxic"), api: z.url(), proxy: z.string(), toxic: z.string() }),
  z.object({ do: z.literal("restart-part"), part: z.string() }),
  z.object({ do: z.literal("unpause-part"), part: z.string() }),
]);
const ledgerLine: z.ZodType<LedgerLine> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("run"), run: z.string(), owner: identity }),
  z.object({
    type: z.literal("open"),
    fault: z.string(),
    kind: z.string(),
    atUs: z.number(),
    undo: z.array(undoStep),
  }),
  z.object({ type: z.literal("healed"), fault: z.string() }),
]);

/** What one ledger file says, and whether there are lines in it that are none; a torn last line is left out. */
function readLedger(file: string): { record: LedgerRecord | undefined; strange: boolean } {
  let record: LedgerRecord | undefined;
  let strange = false;
  const open = new Map<string, OpenFault>();
  const lines = readFileSync(file, "utf8").split("\n");
  // Whole lines end in a line break: what stands behind the last one was torn by a crash.
  for (const text of lines.slice(0, -1)) {
    const { data: line } = ledgerLine.safeParse(parsed(text));
    if (!line) strange = true;
    else if (line.type === "run") record = { file, run: line.run, owner: line.owner, open: [] };
    else if (line.type === "open") {
      open.set(line.fault, { fault: line.fault, kind: line.kind, atUs: line.atUs, undo: line.undo });
    } else open.delete(line.fault);
  }
  return { record: record && { ...record, open: [...open.values()] }, strange };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every ledger that lies on this machine, those of running owners included. */
export function readLedgers(dir: string = faultsDir): LedgerRecord[] {
  return ledgerFiles(dir).flatMap((file) => readIfThere(file)?.record ?? []);
}

/**
 * Ledgers of owners that are gone, or that name none, with lines in them that are no ledger's: somebody else has written them,
 * or another version. Call after what can be read of them has been put right.
 */
export function strangeLedgers(dir: string = faultsDir): string[] {
  return ledgerFiles(dir).filter((file) => {
    const found = readIfThere(file);
    if (!found || (found.record && isRunning(found.record.owner))) return false;
    return found.strange || (!found.record && !isFresh(file));
  });
}

/** It may be about to get its first line. */
function isFresh(file: string): boolean {
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 60_000;
}

function ledgerFiles(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith(".jsonl"))
      .sort()
      .map((file) => join(dir, file));
  } catch {
    return [];
  }
}

/** It may have gone since it was listed. What cannot be read at all is strange. */
function readIfThere(file: string): ReturnType<typeof readLedger> | undefined {
  try {
    return readLedger(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? undefined
      : { record: undefined, strange: true };
  }
}

/** Faults that have begun and are not healed, and whether the run that began them still runs. */
export function openFaults(dir: string = faultsDir): (OpenFault & { run: string; ownerRunning: boolean })[] {
  return readLedgers(dir).flatMap(({ run, owner, open }) => {
    const ownerRunning = isRunning(owner);
    return open.map((fault) => ({ ...fault, run, ownerRunning }));
  });
}
