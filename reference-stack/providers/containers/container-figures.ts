import { readFileSync } from "node:fs";
import { type ProcessFigures, processFigures } from "../process-figures.ts";

/**
 * CPU and memory of a container whose first process is one of this machine; undefined where it is not (the engine runs in a
 * virtual machine, or elsewhere). Asking the engine would take it a second for each (Docker 20.10, `stats?one-shot`).
 */
export async function containerFigures(
  pid: number,
  containerId: string,
): Promise<ProcessFigures | undefined> {
  try {
    if (!readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(containerId)) return undefined;
  } catch {
    return undefined;
  }
  return processFigures(pid);
}
