import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The process and all that it has started, itself first. PostgreSQL's workers are in sessions of their own. */
export function processTree(pid: number): number[] {
  const childrenOf = process.platform === "linux" ? childrenFromProc : childrenFromPs();
  const tree = [pid];
  for (let index = 0; index < tree.length; index++) tree.push(...childrenOf(tree[index]!));
  return tree;
}

function childrenFromProc(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function childrenFromPs(): (pid: number) => number[] {
  const pairs = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  return (parent) => pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid);
}

/** Sends a signal to a process and all that it has started; those that are gone already do not matter. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const member of processTree(pid)) {
    try {
      process.kill(member, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
