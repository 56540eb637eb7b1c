/** Ledgers as they lie on the disk, read by others than their owner. */
import { readdirSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { nameInWork, unworked, workerOf } from "../common/lease-files.ts";
import { stateDir } from "../common/paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../common/process-identity.ts";
import { mostPlanBytes, readInput } from "../common/read-input.ts";
import type { UndoStep } from "./contract.ts";

/** Where ledgers lie, one file a run. */
export const faultsDir = join(stateDir, "faults");
const extension = ".jsonl";
export const ledgerFile = (dir: string, name: string) => join(dir, `${name}${extension}`);

export type LedgerLine =
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
  /** The one that puts its faults right now. */
  heir: ProcessIdentity | undefined;
  open: OpenFault[];
  /** There are lines in it that are none. */
  strange: boolean;
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

/** What one ledger file says; undefined when it names no run. A torn last line is left out. */
function readLedger(file: string): LedgerRecord | undefined {
  let run: { run: string; owner: ProcessIdentity } | undefined;
  let strange = false;
  const open = new Map<string, OpenFault>();
  const lines = readInput(file, { mostBytes: mostPlanBytes, strict: false }).split("\n");
  // Whole lines end in a line break: what stands behind the last one was torn by a crash.
  for (const text of lines.slice(0, -1)) {
    const { data: line } = ledgerLine.safeParse(parsed(text));
    if (!line) strange = true;
    else if (line.type === "run") run = { run: line.run, owner: line.owner };
    else if (line.type === "open") {
      open.set(line.fault, { fault: line.fault, kind: line.kind, atUs: line.atUs, undo: line.undo });
    } else open.delete(line.fault);
  }
  const heir = workerOf(basename(file, extension));
  return run && { file, ...run, heir, open: [...open.values()], strange };
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
  return ledgerFiles(dir).flatMap((file) => readIfThere(file) ?? []);
}

/** Those of owners that are gone, and that nobody puts right now. */
export function leftLedgers(dir: string = faultsDir): LedgerRecord[] {
  return readLedgers(dir).filter(isLeft);
}

const isLeft = ({ owner, heir }: LedgerRecord) => !isRunning(owner) && !(heir && isRunning(heir));

/**
 * Takes a ledger to put its faults right: one of several can.
 * @returns undefined when another has been quicker
 */
export function inheritLedger(ledger: LedgerRecord): LedgerRecord | undefined {
  const heir = identityOf(process.pid);
  // A name says whose work it is: that of somebody who was killed at it ends with its pid.
  const file = ledgerFile(dirname(ledger.file), nameInWork(idOf(ledger), heir));
  return movedTo(file, ledger) ? { ...ledger, file, heir } : undefined;
}

/** For whoever comes next. */
export function handBackLedger(ledger: LedgerRecord): void {
  movedTo(ledgerFile(dirname(ledger.file), idOf(ledger)), ledger);
}

const idOf = ({ file }: LedgerRecord) => unworked(basename(file, extension));

function movedTo(file: string, ledger: LedgerRecord): boolean {
  try {
    renameSync(ledger.file, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Ledgers of owners that are gone, or that name none, with lines in them that are no ledger's: somebody else has written them,
 * or another version. Call after what can be read of them has been put right.
 */
export function strangeLedgers(dir: string = faultsDir): string[] {
  return ledgerFiles(dir).filter((file) => {
    try {
      const ledger = readLedger(file);
      return ledger ? isLeft(ledger) && ledger.strange : !isFresh(file);
    } catch (error) {
      // It may have gone since it was listed. What cannot be read at all is strange.
      return (error as NodeJS.ErrnoException).code !== "ENOENT";
    }
  });
}

/** It may be about to get its first line. */
function isFresh(file: string): boolean {
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 60_000;
}

function ledgerFiles(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith(extension))
      .sort()
      .map((file) => join(dir, file));
  } catch {
    return [];
  }
}

function readIfThere(file: string): LedgerRecord | undefined {
  try {
    return readLedger(file);
  } catch {
    return undefined;
  }
}

/** Faults that have begun and are not healed, and whether the run that began them still runs. */
export function openFaults(dir: string = faultsDir): (OpenFault & { run: string; ownerRunning: boolean })[] {
  return readLedgers(dir).flatMap(({ run, owner, open }) => {
    const ownerRunning = isRunning(owner);
    return open.map((fault) => ({ ...fault, run, ownerRunning }));
  });
}
