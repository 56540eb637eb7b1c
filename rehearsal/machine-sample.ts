import { cpus, freemem, totalmem } from "node:os";
import type { JournalEntry } from "../common/records.ts";
import type { ReadText } from "./cgroup.ts";
import { connectionTable } from "./connection-table.ts";
import { readText } from "./machine.ts";

export type MachineSample = Omit<Extract<JournalEntry, { type: "machine" }>, "type" | "atUs" | "atMs">;

/** How this machine fares, each time since the time before. */
export class MachineSampler {
  readonly #read: ReadText;
  #cpu = cpuTotals();
  #overflows: number | undefined;

  constructor(read: ReadText = readText) {
    this.#read = read;
    this.#overflows = listenOverflows(read);
  }

  sample(): MachineSample {
    const cpu = cpuTotals();
    const allMs = cpu.allMs - this.#cpu.allMs;
    const cpuBusy = allMs === 0 ? 0 : Number(((cpu.busyMs - this.#cpu.busyMs) / allMs).toFixed(3));
    this.#cpu = cpu;
    const table = connectionTable(this.#read);
    const overflows = listenOverflows(this.#read);
    const fresh = (overflows ?? 0) - (this.#overflows ?? overflows ?? 0);
    this.#overflows = overflows;
    return {
      ...{ cpuBusy, memoryUsedBytes: totalmem() - freemem() },
      ...(table && { connectionTable: table }),
      ...(fresh > 0 && { listenOverflows: fresh }),
    };
  }
}

interface CpuTotals {
  busyMs: number;
  allMs: number;
}

function cpuTotals(): CpuTotals {
  const totals = { busyMs: 0, allMs: 0 };
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    totals.allMs += all;
    totals.busyMs += all - times.idle;
  }
  return totals;
}

/** Since the machine was started: attempts to connect that found the queue of their listener full. Linux alone counts them. */
function listenOverflows(read: ReadText): number | undefined {
  const [names, values] = (read("/proc/net/netstat") ?? "")
    .split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  const value = values?.[names?.indexOf("ListenOverflows") ?? -1];
  return value === undefined ? undefined : Number(value);
}
