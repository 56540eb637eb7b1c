import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { type ProcessFigures, processFigures } from "../process-figures.ts";
import type { Engine } from "./engine.ts";

interface StatsLine {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
}

/**
 * CPU and memory of containers. Where their processes are this machine's own, the kernel is asked; where they are not (the
 * engine runs in a virtual machine, or elsewhere), the engine tells them once a second. Asked for one figure, it would take
 * a second for each (Docker 20.10, `stats?stream=false&one-shot=true`).
 */
export class ContainerFigures {
  readonly #engine: Engine;
  readonly #followed = new Map<string, { stream?: Readable; latest?: ProcessFigures }>();
  #closed = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * @param pid of the container's first process, on the engine's machine
   * @returns undefined while nothing is known
   */
  async of(container: string, pid: number | undefined): Promise<ProcessFigures | undefined> {
    if (pid !== undefined && isOurs(pid, container)) return processFigures(pid);
    const followed = this.#followed.get(container);
    if (!followed && !this.#closed) await this.#follow(container);
    return followed?.latest;
  }

  close(): void {
    this.#closed = true;
    for (const { stream } of this.#followed.values()) stream?.destroy();
  }

  async #follow(container: string): Promise<void> {
    const followed: { stream?: Readable; latest?: ProcessFigures } = {};
    this.#followed.set(container, followed);
    const forget = () => this.#followed.delete(container);
    try {
      const stream = (await this.#engine.docker.getContainer(container).stats({ stream: true })) as Readable;
      followed.stream = stream;
      if (this.#closed) stream.destroy();
      let text = "";
      stream.on("data", (data: Buffer) => {
        const lines = (text + data).split("\n");
        text = lines.pop() ?? "";
        const last = lines.findLast((line) => line.trim() !== "");
        if (last !== undefined) followed.latest = figuresFromStats(JSON.parse(last)) ?? followed.latest!;
      });
      // It ends with the container; one that is started again is followed again.
      stream.on("error", forget);
      stream.on("close", forget);
    } catch {
      forget();
    }
  }
}

/** An engine names the control group of a container after it, whichever kind of groups it uses. */
function isOurs(pid: number, container: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(container);
  } catch {
    return false;
  }
}

/** Memory without what the kernel would give back at once, as `docker stats` shows it; undefined after its end. */
export function figuresFromStats({
  cpu_stats: cpu,
  memory_stats: memory,
}: StatsLine): ProcessFigures | undefined {
  const [cpuNs, usage] = [cpu?.cpu_usage?.total_usage, memory?.usage];
  if (!cpuNs || usage === undefined) return undefined;
  const inactive = memory?.stats?.total_inactive_file ?? memory?.stats?.inactive_file ?? 0;
  return { cpuUs: Math.round(cpuNs / 1000), rssBytes: usage - inactive };
}
