import { MatchdayError } from "../common/errors.ts";
import { Lease } from "../common/lease.ts";
import { RunFolder } from "./run-folder.ts";

/** Runs that begin in the same second, at most. */
const namesakes = 100;

/**
 * A name that no other run on this machine has, wherever that keeps its folder; the folder of that name, and the lease.
 * @throws MatchdayError RUN_FOLDER_UNWRITABLE, STATE_UNWRITABLE
 */
export function claimRun(runsDir: string, name: string): { folder: RunFolder; lease: Lease } {
  for (let attempt = 1; attempt <= namesakes; attempt++) {
    const tried = attempt === 1 ? name : `${name}-${attempt}`;
    const lease = Lease.claim(tried);
    if (!lease) continue;
    let folder: RunFolder | undefined;
    try {
      folder = RunFolder.create(runsDir, tried);
      if (folder) return { folder, lease };
    } finally {
      if (!folder) void lease.release();
    }
  }
  throw new MatchdayError("RUN_NAME_TAKEN", `${namesakes} runs are called ${name} already`, {
    hint: "wait for a second",
  });
}
