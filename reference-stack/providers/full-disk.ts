import { statfsSync } from "node:fs";
import { MatchdayError } from "../../common/errors.ts";

/** Errors of a start that a full disk may be behind: who has no space left often cannot say so any more. */
const suspicious = ["PART_NOT_READY", "STACK_DIED", "POSTGRES_INIT_FAILED"];

/** With less, nothing of a stack goes on: the smallest file that PostgreSQL adds is as large. */
const leastBytes = 1024 * 1024;

/**
 * @param places folders that are written to
 * @returns the error, or that the disk is full where that is what it comes from
 */
export function orFullDisk(error: unknown, places: readonly string[] = []): unknown {
  if (!(error instanceof MatchdayError) || !suspicious.includes(error.code)) return error;
  const full = places.find(isFull);
  if (full === undefined && !/no space left on device|ENOSPC/i.test(error.message)) return error;
  return new MatchdayError(
    "DISK_FULL",
    `no space is left ${full ? `in ${full}` : "on a disk"}: ${error.message}`,
    {
      hint: "free disk space there, or choose another place: logs go to --out DIR, data to TMPDIR",
      exitCode: error.exitCode,
      cause: error,
    },
  );
}

function isFull(folder: string): boolean {
  try {
    const { bsize, bfree, bavail, files, ffree } = statfsSync(folder);
    // Some is kept for root.
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return free * bsize < leastBytes || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
