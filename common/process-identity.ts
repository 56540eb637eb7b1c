import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process started, in the system's own words: with the pid it names one process for good, since pids are used
 * again. `undefined` when no such process runs (a zombie does not run).
 * @throws where that cannot be known, such as without a file descriptor to look by
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      const fields = statFieldsOf(pid);
      return fields[0] === "Z" ? undefined : fields[19];
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (["ENOENT", "ESRCH"].includes(code)) return undefined;
      throw error;
    }
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * What Linux tells of a process after the closing parenthesis of its command: state is the first, times in ticks are the twelfth
 * and thirteenth, start time is the twentieth (proc(5)). Throws when there is no such process.
 */
export function statFieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? "gone" };
}

/** Where it cannot be known, it is not taken to be gone: nobody ends what is another's, or his own, for that. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  try {
    return startTimeOf(pid) === startTime;
  } catch {
    return true;
  }
}
