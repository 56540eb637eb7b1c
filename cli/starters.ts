import { closeSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { identityOf, isRunning, type ProcessIdentity, statFieldsOf } from "../common/process-identity.ts";

const everyMs = 500;

/** Whoever they are when this file is read, the first of all: an orphan does not know whose it was. */
const starters = startersOf(process.pid);

/**
 * Watches those on whose behalf this process runs, and calls `onGone` once one of them has ended: npm, whose command this is,
 * and, where there is no terminal to stop it by, the process that started it. Nobody is watched for a process in a session
 * of its own (`setsid`, a container). Of `nohup` nothing is known: Node undoes what it does before anything of ours runs.
 */
export function watchStarters(onGone: () => void): Disposable {
  if (starters.length === 0) return { [Symbol.dispose]() {} };
  const timer = setInterval(() => {
    if (starters.every(isRunning)) return;
    clearInterval(timer);
    onGone();
  }, everyMs);
  // It holds no process up.
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

function startersOf(pid: number): ProcessIdentity[] {
  if (isSessionLeader(pid)) return [];
  const parent = process.ppid;
  if (parent <= 1) return [];
  if (process.env.npm_lifecycle_event !== undefined) {
    // npm runs a command by a shell, which may have become the command.
    const above = isShell(parent) ? parentOf(parent) : undefined;
    return [parent, ...(above !== undefined && above > 1 ? [above] : [])].map(identityOf);
  }
  return hasTerminal(pid) ? [] : [identityOf(parent)];
}

// On other systems than Linux the fields are unknown: then it counts as one that was started from a terminal.
function fieldOf(pid: number, index: number): string | undefined {
  try {
    return statFieldsOf(pid)[index];
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  const field = fieldOf(pid, 1);
  return field === undefined ? undefined : Number(field);
}

function isSessionLeader(pid: number): boolean {
  return fieldOf(pid, 3) === String(pid);
}

function hasTerminal(pid: number): boolean {
  const terminal = fieldOf(pid, 4);
  if (terminal !== undefined) return terminal !== "0";
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

function isShell(pid: number): boolean {
  try {
    const name = basename(readFileSync(`/proc/${pid}/comm`, "utf8").trim());
    return /^(sh|bash|dash|ash|zsh|busybox)$/.test(name);
  } catch {
    return false;
  }
}
