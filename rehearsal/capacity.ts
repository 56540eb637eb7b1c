import type { Problem } from "../common/errors.ts";
import type { Machine } from "./machine.ts";

/** What a run of so many clients takes here. */
export interface Capacity {
  generators: number;
  edges: number;
  /** The most clients that this machine can carry now. */
  clientsMax: number;
  /** What each resource allows by itself, the tightest first. */
  limits: Limit[];
}

export interface Limit {
  what: "files" | "ports" | "memory" | "connections";
  /** Clients. */
  allows: number;
  fact: string;
  /** How to have more of it. */
  remedy: string;
}

/** Files of a process that are no clients: its own, and sockets in closing while their clients are back already. */
const reservedFiles = 1500;

/**
 * Files that a process of a run may hold before its first client. Measured: a process of PostgreSQL 94, a box office 39, an edge 34,
 * the harness 30.
 */
const ownFiles = 128;

/** Of the harness for each generator and the edge beside it (measured: four and one). Toxiproxy holds three for an edge. */
const filesPerPair = 5;

/** A limit of open files at which they are not what ends a crowd first. */
const usualFileLimit = 1024;

/** Generators take the addresses 127.0.1.1 … 127.0.1.254. */
const generatorsMax = 254;

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/**
 * Memory of one open stream. Crowd: what the benchmark asks of a generator. Edge: Node 24, measured 21 KB before
 * tuning. Kernel: two sockets of some 4 KB each (tcp_sock, dentry, inode, file) while their buffers are empty.
 */
const bytesPerClient = { crowd: 9 * kilobyte, edge: 25 * kilobyte, kernel: 8 * kilobyte };

/** Resident memory before the first client: a k6 process, an edge (Node), and all other parts with the conductor. */
const baseBytes = { generator: 60 * megabyte, edge: 80 * megabyte, stack: 500 * megabyte };

/**
 * Entries in the kernel's table of connections for one client: its stream, and its share of connections beside that (buyers who
 * were let in, parts among themselves) and of those that are closed and not forgotten yet.
 */
const entriesPerClient = 1.2;

/** Left to the rest of the machine. */
const memoryShare = 0.9;

/** One more edge than the crowd needs, so that the loss of one leaves room for its clients; at least two. */
const spareEdges = 1;

/**
 * How a crowd is laid out over processes here.
 * @returns the layout, or why the machine cannot carry it
 */
export function capacity(
  machine: Machine,
  { clients }: { clients: number },
): Capacity | { problems: Problem[] } {
  const limits = limitsOf(machine);
  const clientsMax = clientsMaxOf(machine);
  if (clients > clientsMax) {
    const number = (value: number) => value.toLocaleString("en");
    return {
      problems: limits
        .filter(({ allows }) => clients > allows)
        .map(({ fact, allows, remedy }) => ({
          code: "CLIENTS_BEYOND_MACHINE",
          fact: `${number(clients)} clients are more than this machine can carry: ${fact} allow ${number(allows)}`,
          remedy: clientsMax === 0 ? remedy : `give --clients ${clientsMax} or fewer; for more, ${remedy}`,
        })),
    };
  }
  return { ...layout(machine, clients), clientsMax, limits };
}

function layout(machine: Machine, clients: number): { generators: number; edges: number } {
  const generators = Math.max(1, Math.ceil(clients / clientsPerGenerator(machine)));
  const edges = Math.max(2, Math.ceil(clients / clientsPerProcess(machine)) + spareEdges);
  return { generators, edges };
}

function clientsPerProcess({ fileLimit }: Machine): number {
  // A small limit keeps a quarter: its process has fewer clients that could be between two sockets.
  return Math.max(0, fileLimit - Math.min(reservedFiles, Math.max(ownFiles, Math.ceil(fileLimit / 4))));
}

/** Who talks to all of them has a file limit, too. */
function generatorsWithin({ fileLimit }: Machine): number {
  const pairs = Math.floor((fileLimit - ownFiles) / filesPerPair);
  return Math.max(0, Math.min(generatorsMax, pairs - spareEdges));
}

/** A source address is bound before its connection's target is known, so that each port of it serves one client. */
function clientsPerGenerator(machine: Machine): number {
  return machine.loopbackRange
    ? Math.min(clientsPerProcess(machine), machine.ephemeralPorts)
    : clientsPerProcess(machine);
}

/** The memory that a crowd takes with everything around it. */
export function memoryFor(machine: Machine, clients: number): number {
  const { generators, edges } = layout(machine, clients);
  return (
    clients * (bytesPerClient.crowd + bytesPerClient.edge + bytesPerClient.kernel) +
    generators * baseBytes.generator +
    edges * baseBytes.edge +
    baseBytes.stack
  );
}

/** The most clients that a machine can carry. */
export function clientsMaxOf(machine: Machine): number {
  return Math.min(...limitsOf(machine).map(({ allows }) => allows));
}

/** What each resource allows by itself, the tightest first. */
export function limitsOf(machine: Machine): Limit[] {
  const limits = [
    ...[filesLimit(machine), portsLimit(machine), memoryLimit(machine)],
    ...connectionsLimit(machine),
  ];
  return limits.sort((a, b) => a.allows - b.allows);
}

function filesLimit(machine: Machine): Limit {
  const generators = generatorsWithin(machine);
  const allows = clientsPerProcess(machine) * generators;
  const files = `${machine.fileLimit.toLocaleString("en")} open files a process`;
  return {
    what: "files",
    allows,
    fact:
      allows > 0 ? `${files} in ${generators} generators` : `${files} (each may need ${ownFiles} for itself)`,
    remedy: machine.os.startsWith("darwin")
      ? "raise the limit: sudo sysctl kern.maxfilesperproc=1000000, then ulimit -n 1000000"
      : "raise the hard limit (ulimit -Hn): nofile in /etc/security/limits.conf, or --ulimit nofile=1000000 of a container",
  };
}

function portsLimit({ ephemeralPorts, loopbackRange, os }: Machine): Limit {
  const ports = ephemeralPorts.toLocaleString("en");
  if (loopbackRange) {
    return {
      what: "ports",
      allows: ephemeralPorts * generatorsMax,
      fact: `${ports} outgoing ports on each of ${generatorsMax} loopback addresses`,
      remedy: "widen net.ipv4.ip_local_port_range upwards",
    };
  }
  return {
    what: "ports",
    // Ports of one address, to at least two edges; the search for a free one is slow when over half of them are taken.
    allows: ephemeralPorts,
    fact: `${ports} outgoing ports of the one loopback address of ${os.split(" ")[0]}`,
    remedy:
      "widen net.inet.ip.portrange.first downwards, or run on Linux, where every generator has an address",
  };
}

function connectionsLimit({ connectionTable }: Machine): Limit[] {
  if (!connectionTable) return [];
  const { max, used } = connectionTable;
  // The limit may have been lowered under what is there.
  const free = Math.max(0, max - used);
  return [
    {
      what: "connections",
      allows: Math.floor(free / entriesPerClient),
      fact: `${free.toLocaleString("en")} free of ${max.toLocaleString("en")} entries in the kernel's table of connections (nf_conntrack)`,
      remedy: `sudo sysctl -w net.netfilter.nf_conntrack_max=${4 * max}, or wait two minutes until closed connections are forgotten`,
    },
  ];
}

function memoryLimit(machine: Machine): Limit {
  const budget = machine.freeMemoryBytes * memoryShare;
  let [fits, toomany] = [0, Math.ceil(budget / bytesPerClient.crowd) + 1];
  // Where no process has files for a client, that is not memory's fault.
  const fileLimit = clientsPerProcess(machine) > 0 ? machine.fileLimit : usualFileLimit;
  const filesApart = { ...machine, fileLimit };
  if (memoryFor(filesApart, 0) <= budget) {
    while (toomany - fits > 1) {
      const middle = Math.floor((fits + toomany) / 2);
      if (memoryFor(filesApart, middle) <= budget) fits = middle;
      else toomany = middle;
    }
  }
  const gigabytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  return {
    what: "memory",
    allows: fits,
    fact: `${gigabytes(machine.freeMemoryBytes)} free of ${gigabytes(machine.memoryBytes)} memory`,
    remedy: machine.cgroup
      ? "end other programs, or raise the container's memory limit"
      : "end other programs, or use a machine with more memory",
  };
}
