import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { nameInWork, scratchDir } from "../../../common/lease-files.ts";
import { makeFolder } from "../../../common/make-folder.ts";
import { stateDir } from "../../../common/paths.ts";
import { identityOf } from "../../../common/process-identity.ts";
import { quarantine } from "../../../common/quarantine.ts";
import { readInput } from "../../../common/read-input.ts";

const stackRecord = z.object({
  id: z.string().min(1),
  owner: z.object({ pid: z.int().positive(), startTime: z.string(), host: z.string() }),
  /** What its secrets are made from; records of before there were any have none. */
  key: z.string().default(""),
  kept: z.boolean(),
});

/** Written before an engine is asked for anything, so that a start finds out without an engine that nothing is left. */
export type StackRecord = z.infer<typeof stackRecord>;

const recordsDir = join(stateDir, "stacks");
const fileOf = (id: string) => join(recordsDir, `${id}.json`);

export function saveStackRecord(record: StackRecord): void {
  for (const dir of [recordsDir, scratchDir]) makeFolder(dir, 0o700);
  // Under a name by which it is swept when we are killed half-way.
  const made = join(scratchDir, nameInWork(`stack-${record.id}`, identityOf(process.pid)));
  try {
    writeFileSync(made, JSON.stringify(record), { mode: 0o600 });
    renameSync(made, fileOf(record.id));
  } finally {
    rmSync(made, { force: true });
  }
}

export function forgetStackRecord(id: string): void {
  rmSync(fileOf(id), { force: true });
}

export const stackRecords = (): StackRecord[] => readRecords().records;

/** What lies among the records and is none: somebody else has written it, or another version. */
export const strangeRecords = (): string[] => readRecords().strangers;

/** @returns where they are now */
export const putStrangeRecordsAside = (): string[] =>
  strangeRecords().flatMap((file) => quarantine(file) ?? []);

function readRecords(): { records: StackRecord[]; strangers: string[] } {
  const records: StackRecord[] = [];
  const strangers: string[] = [];
  for (const file of recordFiles()) {
    try {
      records.push(stackRecord.parse(JSON.parse(readInput(file, { strict: false }))));
    } catch (error) {
      // It may have ended between the listing and the reading.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") strangers.push(file);
    }
  }
  return { records, strangers };
}

function recordFiles(): string[] {
  try {
    return readdirSync(recordsDir)
      .filter((file) => file.endsWith(".json"))
      .map((file) => join(recordsDir, file));
  } catch {
    return [];
  }
}
