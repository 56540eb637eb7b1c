import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MatchdayError } from "../../../common/errors.ts";
import { makeFolder } from "../../../common/make-folder.ts";
import { stateDir } from "../../../common/paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../../../common/process-identity.ts";
import { readInput } from "../../../common/read-input.ts";

interface RunLock {
  run: string;
  owner: ProcessIdentity;
}

const locksDir = join(stateDir, "stack-locks");
const fileOf = (stack: string) => join(locksDir, `${stack}.json`);

/** The run that uses a standing stack now; undefined when none does, or its process is gone. */
export function runOnStack(stack: string): RunLock | undefined {
  try {
    const lock: RunLock = JSON.parse(readInput(fileOf(stack), { strict: false }));
    return isRunning(lock.owner) ? lock : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One run at a time on a standing stack.
 * @returns what gives it back
 * @throws MatchdayError STACK_IN_USE
 */
export function lockStack(stack: string, run: string): () => void {
  refuseWhenInUse(stack);
  makeFolder(locksDir);
  // That of a process that is gone.
  rmSync(fileOf(stack), { force: true });
  try {
    writeFileSync(fileOf(stack), JSON.stringify({ run, owner: identityOf(process.pid) }), { flag: "wx" });
  } catch (error) {
    refuseWhenInUse(stack);
    throw error;
  }
  return () => rmSync(fileOf(stack), { force: true });
}

export function refuseWhenInUse(stack: string): void {
  const lock = runOnStack(stack);
  if (!lock) return;
  throw new MatchdayError(
    "STACK_IN_USE",
    `${lock.run} (pid ${lock.owner.pid}) rehearses on the stack ${stack}`,
    {
      hint: "wait until it has ended, or end it with Ctrl-C",
    },
  );
}
