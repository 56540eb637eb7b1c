import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, release, totalmem } from "node:os";
import { portRange } from "../common/ports.ts";
import { cgroupLimits, type ReadText } from "./cgroup.ts";
import { type ConnectionTable, connectionTable } from "./connection-table.ts";

export { type Capacity, capacity, type Limit } from "./capacity.ts";

/** What this machine, or the container that we run in, can give to a run. */
export interface Machine {
  /** `linux 6.18.44 x64`. */
  os: string;
  cpu: string;
  /** Whole cores that we may use: a container's quota and an affinity count. */
  cores: number;
  /** The container's limit where there is one. */
  memoryBytes: number;
  freeMemoryBytes: number;
  /**
   * Open files that each process of a run can have: the hard limit. Node and Go both raise their own soft limit to it
   * when they start, and what Node starts inherits that, so that nothing needs to be raised by hand.
   */
  fileLimit: number;
  /** Where listening ports are taken from. */
  portRange: { from: number; to: number };
  /** Ports for outgoing connections, of each local address. */
  ephemeralPorts: number;
  /** Connections that may wait to be accepted by one listener. */
  somaxconn: number;
  /** Absent where connections are not tracked. */
  connectionTable?: ConnectionTable;
  /** Whether each generator can have a source address of its own without any set-up: all of 127/8 answers on Linux. */
  loopbackRange: boolean;
  /** Which generation of cgroups limits us, if any. */
  cgroup: "v1" | "v2" | null;
  node: string;
}

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

export function readMachine(): Machine {
  const limits = cgroupLimits(readText);
  const table = connectionTable(readText);
  const memoryBytes = Math.min(totalmem(), limits.memoryBytes ?? Number.POSITIVE_INFINITY);
  return {
    os: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: Math.max(
      1,
      Math.min(availableParallelism(), Math.floor(limits.cores ?? Number.POSITIVE_INFINITY)),
    ),
    memoryBytes,
    freeMemoryBytes: Math.min(
      availableMemory(),
      memoryBytes - (limits.memoryBytes === undefined ? 0 : limits.usedBytes),
    ),
    fileLimit: fileLimit(),
    portRange: portRange(),
    ephemeralPorts: ephemeralPorts(),
    somaxconn: Number(readText("/proc/sys/net/core/somaxconn") ?? sysctl("kern.ipc.somaxconn") ?? 128),
    ...(table && { connectionTable: table }),
    loopbackRange: process.platform === "linux",
    cgroup: limits.version,
    node: process.versions.node,
  };
}

/** Free memory and caches that the kernel gives up on demand. */
function availableMemory(): number {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo") ?? "") ?? [];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

function fileLimit(): number {
  const text = execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  // macOS says "unlimited" and means kern.maxfilesperproc; Linux has no file limit above fs.nr_open.
  const ceiling = Number(readText("/proc/sys/fs/nr_open") ?? sysctl("kern.maxfilesperproc") ?? 10_240);
  return Math.min(text === "unlimited" ? ceiling : Number(text), ceiling);
}

function ephemeralPorts(): number {
  const [first, last] = (
    readText("/proc/sys/net/ipv4/ip_local_port_range")?.trim().split(/\s+/) ?? [
      sysctl("net.inet.ip.portrange.first"),
      sysctl("net.inet.ip.portrange.last"),
    ]
  ).map(Number);
  return first && last ? last - first + 1 : 16_384;
}

/** macOS's and BSD's way to ask the kernel; undefined elsewhere. */
function sysctl(name: string): string | undefined {
  if (process.platform === "linux") return undefined;
  try {
    return execFileSync("sysctl", ["-n", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
