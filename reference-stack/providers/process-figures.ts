import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { statFieldsOf } from "../../common/process-identity.ts";
import { processTree } from "./process-tree.ts";

export interface ProcessFigures {
  cpuUs: number;
  rssBytes: number;
}

/** USER_HZ of Linux: the unit of CPU times in /proc is 10 ms on every architecture that Node runs on (proc(5), time(7)). */
const tickUs = 10_000;
/** Of the architectures that Node runs on, some have larger pages; AT_PAGESZ cannot be asked without a helper. */
const pageBytes = 4096;

/** CPU since it began and resident memory of a process with all that it has started; undefined when it is gone. */
export async function processFigures(pid: number): Promise<ProcessFigures | undefined> {
  return process.platform === "linux" ? figuresFromProc(pid) : figuresFromPs(pid);
}

/** A process and all that it has ever started, as far as they were seen. */
interface KnownTree {
  /** Ticks since boot at which the root began: its number may be another's by now. */
  began: string;
  ticks: number;
  /** `pid:began` → ticks. */
  members: Map<string, number>;
}

/**
 * By root. CPU is summed up from one look to the next: a member that has ended takes its own with it, and the list of children
 * leaves some out while others end (proc(5)), which would look like 20 s of CPU that come and go.
 */
const known = new Map<number, KnownTree>();

function figuresFromProc(pid: number): ProcessFigures | undefined {
  const root = statOf(pid);
  if (!root) {
    known.delete(pid);
    return undefined;
  }
  let tree = known.get(pid);
  if (tree?.began !== root.began) {
    tree = { began: root.began, ticks: 0, members: new Map() };
    known.set(pid, tree);
  }
  let rssBytes = 0;
  for (const member of processTree(pid)) {
    const stat = statOf(member);
    // Gone between the list and the look.
    if (!stat) continue;
    const key = `${member}:${stat.began}`;
    tree.ticks += Math.max(0, stat.ticks - (tree.members.get(key) ?? 0));
    tree.members.set(key, stat.ticks);
    // What workers share with their parent counts once.
    rssBytes += (stat.resident - (member === pid ? 0 : stat.shared)) * pageBytes;
  }
  return { cpuUs: tree.ticks * tickUs, rssBytes };
}

/** Times in ticks, memory in pages. */
function statOf(pid: number): { ticks: number; began: string; resident: number; shared: number } | undefined {
  try {
    const fields = statFieldsOf(pid);
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ").map(Number);
    return { ticks: Number(fields[11]) + Number(fields[12]), began: fields[19]!, resident, shared };
  } catch {
    return undefined;
  }
}

async function figuresFromPs(pid: number): Promise<ProcessFigures | undefined> {
  try {
    const pids = processTree(pid).join(",");
    const { stdout } = await promisify(execFile)("ps", ["-o", "time=,rss=", "-p", pids]);
    let [cpuUs, rssBytes] = [0, 0];
    for (const line of stdout.trim().split("\n")) {
      const [time, rss] = line.trim().split(/\s+/);
      // [[dd-]hh:]mm:ss[.cc]
      const seconds = time!.split(/[-:]/).map(Number).toReversed();
      cpuUs += seconds.reduce((sum, part, index) => sum + part * [1, 60, 3600, 86_400][index]!, 0) * 1e6;
      rssBytes += Number(rss) * 1024;
    }
    return { cpuUs, rssBytes };
  } catch {
    return undefined;
  }
}
