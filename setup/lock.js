// One set-up at a time on one cache. The lock is a file that names its owner; one whose owner has gone is broken.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "./shell.js";

/**
 * When a process started, which with the pid names one process for good; undefined when it does not run.
 * @param {number} pid
 */
function startTimeOf(pid) {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // After the command's closing parenthesis the state is the first field, the start time the twentieth (proc(5)).
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    } catch {
      return undefined;
    }
  }
  return ask("ps", ["-o", "lstart=", "-p", String(pid)]) || undefined;
}

/** @param {string} file */
function ownerOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} owner */
function isAlive(owner) {
  const [pid, ...startTime] = owner.split(" ");
  return startTimeOf(Number(pid)) === startTime.join(" ");
}

/**
 * Waits for the lock and takes it.
 * @param {string} file
 * @param {{ onWait?: (pid: string) => void, everyMs?: number }} [options]
 * @returns {Promise<() => void>} gives it back
 */
export async function takeLock(file, { onWait, everyMs = 100 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const me = `${process.pid} ${startTimeOf(process.pid)}`;
  const mine = `${file}.${process.pid}`;
  // Written first and linked then: a lock file is never seen without its owner's name in it.
  writeFileSync(mine, me);
  try {
    for (let told = false; ; ) {
      try {
        linkSync(mine, file);
        return () => {
          if (ownerOf(file) === me) rmSync(file, { force: true });
        };
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      }
      const owner = ownerOf(file);
      if (owner === undefined) continue;
      if (isAlive(owner)) {
        if (!told) onWait?.(owner.split(" ")[0] ?? "");
        told = true;
        await delay(everyMs);
      } else {
        breakLock(file, owner);
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Takes a dead owner's lock away. Two who wait may both come here: the second one's rename would move the lock that the
 * first has just taken, so what was moved is looked at, and put back.
 * @param {string} file
 * @param {string} deadOwner
 */
function breakLock(file, deadOwner) {
  const moved = `${file}.${process.pid}.broken`;
  try {
    renameSync(file, moved);
    if (ownerOf(moved) !== deadOwner) linkSync(moved, file);
  } catch {
    // Somebody else was faster; the next round sees whose it is now.
  }
  rmSync(moved, { force: true });
}
