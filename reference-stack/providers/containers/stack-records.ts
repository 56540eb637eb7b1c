import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "../../../common/paths.ts";
import type { Owner } from "./labels.ts";

/** Written before an engine is asked for anything, so that a start finds out without an engine that nothing is left. */
export interface StackRecord {
  id: string;
  owner: Owner;
  /** What its secrets are made from. */
  key: string;
  kept: boolean;
}

const recordsDir = join(stateDir, "stacks");
const fileOf = (id: string) => join(recordsDir, `${id}.json`);

export function saveStackRecord(record: StackRecord): void {
  mkdirSync(recordsDir, { recursive: true, mode: 0o700 });
  const file = fileOf(record.id);
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function forgetStackRecord(id: string): void {
  rmSync(fileOf(id), { force: true });
}

export function stackRecords(): StackRecord[] {
  let files: string[];
  try {
    files = readdirSync(recordsDir).filter((file) => file.endsWith(".json"));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(join(recordsDir, file), "utf8")) as StackRecord];
    } catch {
      // It ended between the listing and the reading.
      return [];
    }
  });
}
