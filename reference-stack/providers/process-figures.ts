import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
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

function figuresFromProc(pid: number): ProcessFigures | undefined {
  let cpuUs = 0;
  let rssBytes = 0;
  let found = false;
  for (const member of processTree(pid)) {
    try {
      const stat = readFileSync(`/proc/${member}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [, resident, shared] = readFileSync(`/proc/${member}/statm`, "utf8").split(" ").map(Number);
      cpuUs += (Number(fields[11]) + Number(fields[12])) * tickUs;
      // What workers share with their parent counts once.
      rssBytes += (resident! - (member === pid ? 0 : shared!)) * pageBytes;
      found = true;
    } catch {
      // Gone between the list and the look.
    }
  }
  return found ? { cpuUs, rssBytes } : undefined;
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
