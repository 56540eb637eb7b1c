/**
 * `npm run bench:generator -- --clients 18000`: what a client costs one generator, against the limits we have set, and against
 * a program that does nothing but read as many streams, in the same run. Both are measured alike and from outside.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { interruptSignal } from "../cli/interrupt.ts";
import { nowUs, wallClock } from "../common/clock.ts";
import { MatchdayError } from "../common/errors.ts";
import { Lease } from "../common/lease.ts";
import type { ManagedProcess } from "../common/managed-process.ts";
import { k6Path, projectRoot } from "../common/paths.ts";
import type { CrowdFinal, CrowdInterval } from "../common/records.ts";
import { until } from "../common/until.ts";
import type { CrowdConfig } from "../crowd/contract.ts";
import { startGenerators } from "../crowd/start.ts";
import { decodeHistogram } from "../measurements/histograms.ts";
import { Conductor } from "../rehearsal/conductor.ts";
import { printFigures } from "./figures.ts";
import { type Reading, readingOf } from "./readings.ts";

const hint = "see the logs, and measure again on a machine that is idle";
const { values } = parseArgs({ options: { clients: { type: "string", default: "18000" } } });
const clients = Number(values.clients);

const broadcasts = 10;
const broadcastEveryMs = 1500;
const arriveMs = 10_000;
/** A machine that needs longer than this to open the last of them cannot tell what one costs. */
const openLateMs = 10_000;
/** From the last request at the server until its snapshot is read. */
const settleMs = 500;
const idleMs = 5000;
/** Counted from the last broadcast: past the deadline of 2 s, so that every client is owed every event. */
const leaveAfterMs = 5000;
const leaveAtMs = arriveMs + openLateMs + settleMs + idleMs + broadcasts * broadcastEveryMs + leaveAfterMs;
/** An address and a port make 28,000 connections, and are slow beyond half. */
const ports = 4;

interface Server {
  urls: string[];
  control: string;
}

/** The load before its first client; a few of the yardstick's may be there already. */
interface Base extends Reading {
  clients: number;
}

interface Costs {
  /** Resident memory over the base: with all open, and the most of it until all broadcasts were read. */
  openBytes: number;
  peakBytes: number;
  openCpuUs: number;
  /** All open, nothing broadcast: µs in each second. */
  idleCpuUsPerS: number;
  /** Of everything from the first broadcast on, idling between broadcasts included. */
  deliveryCpuUs: number;
}

using interrupt = interruptSignal();
const { signal } = interrupt;
await using lease = Lease.take(`bench-generator-${process.pid}`);
const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-bench-")));

/** Built, not `go run`: a signal reaches the program itself. */
await promisify(execFile)("go", ["build", "-o", `${folder}/`, "./cmd/sse-server", "./cmd/plain-reader"], {
  cwd: join(projectRoot, "crowd"),
  signal,
});

function socketsOf({ pid }: ManagedProcess): number {
  const open = `/proc/${pid}/fd`;
  return readdirSync(open).filter((fd) => {
    try {
      return readlinkSync(join(open, fd)).startsWith("socket:");
    } catch {
      // Closed since it was listed.
      return false;
    }
  }).length;
}

/** Waits like `until`, but not for a process that has ended. */
function untilOf<T>(process: ManagedProcess, withinMs: number, what: string, answers: () => T | Promise<T>) {
  return until(
    async () => {
      // What it said last counts, also when it has ended since.
      const { running } = process;
      const answer = await answers();
      if (answer || running) return answer;
      throw new MatchdayError(
        "BENCH_FAILED",
        `${process.name} ${process.howItEnded()}: ${process.logTail()}`,
        { hint },
      );
    },
    { withinMs, orElse: `${what} within ${withinMs / 1000} s`, code: "BENCH_FAILED", everyMs: 100, signal },
  );
}

const printedBy = ({ spec }: ManagedProcess) => readFileSync(spec.logFile, "utf8").split("\n").slice(0, -1);

async function startServer(name: string): Promise<Server> {
  const process = await lease.start({
    name,
    command: join(folder, "sse-server"),
    args: ["-ports", String(ports)],
    logFile: join(folder, `${name}.log`),
  });
  return JSON.parse(await untilOf(process, 5000, `${name} does not listen`, () => printedBy(process)[0]));
}

async function broadcast({ control }: Server): Promise<void> {
  const response = await fetch(`${control}/broadcast?class=goal`, { method: "POST", signal });
  const reached: { clients: number } = JSON.parse(await response.text());
  if (reached.clients !== clients) {
    throw new MatchdayError("BENCH_FAILED", `a broadcast went to ${reached.clients} of ${clients} clients`, {
      hint,
    });
  }
}

const pause = (ms: number) => wallClock.sleepUntil(nowUs() + ms * 1000, signal);

async function measure(load: ManagedProcess, base: Base, server: Server): Promise<Costs> {
  let open = 0;
  await untilOf(load, arriveMs + openLateMs, `${load.name} has not opened ${clients} streams`, async () => {
    open = Number(await (await fetch(`${server.control}/clients`, { signal })).text());
    return open === clients;
  });
  await pause(settleMs);
  const opened = readingOf(load);
  let peakBytes = opened.rssBytes;
  const watch = setInterval(() => {
    if (load.running) peakBytes = Math.max(peakBytes, readingOf(load).rssBytes);
  }, 100);
  try {
    await pause(idleMs);
    const idled = readingOf(load);
    for (let sent = 0; sent < broadcasts; sent++) {
      const nextUs = nowUs() + broadcastEveryMs * 1000;
      await broadcast(server);
      await wallClock.sleepUntil(nextUs, signal);
    }
    const delivered = readingOf(load);
    const came = clients - base.clients;
    return {
      openBytes: (opened.rssBytes - base.rssBytes) / came,
      peakBytes: (Math.max(peakBytes, delivered.rssBytes) - base.rssBytes) / came,
      openCpuUs: (opened.cpuUs - base.cpuUs) / came,
      idleCpuUsPerS: (idled.cpuUs - opened.cpuUs) / (idleMs / 1000),
      deliveryCpuUs: (delivered.cpuUs - idled.cpuUs) / (clients * broadcasts),
    };
  } finally {
    clearInterval(watch);
  }
}

/** At the barrier: it has all that it needs but the word to begin. */
async function generatorAtBarrier(crowd: number, server: Server, conductor: Conductor) {
  const config: CrowdConfig = {
    version: 1,
    generator: 0,
    generators: 1,
    clients: crowd,
    sourceAddress: "127.0.1.1",
    target: { edges: server.urls, path: "/api/match/{match}/events", headers: {} },
    streams: [{ id: "match:bench", match: "bench", share: 1 }],
    arrivals: { atMs: 0, withinMs: arriveMs },
    leaveAtMs,
    phases: [
      { name: "arrive", fromMs: 0, toMs: arriveMs },
      { name: "baseline", fromMs: arriveMs, toMs: leaveAtMs },
    ],
    deadlinesMs: { goal: 2000 },
    quoteClass: "odds",
    quoteSampleMs: 250,
    reconnect: { minMs: 1000, maxMs: 5000 },
    connectTimeoutMs: 30_000,
    slowReaders: { share: 0, bytesPerSecond: 0 },
    seed: 1,
    anomalySample: 100,
    conductor: { url: conductor.url, token: conductor.tokenOf(0) },
    files: {
      hlog: join(folder, "crowd-0.hlog"),
      jsonl: join(folder, "crowd-0.jsonl"),
      anomalies: join(folder, "anomalies-0.jsonl"),
    },
  };
  const [started] = await startGenerators({
    configs: [config],
    lease,
    folder,
    logDir: join(folder, `k6-for-${crowd}`),
    k6: k6Path,
  });
  const { process: k6 } = started!;
  await untilOf(k6, 30_000, "the generator is not ready", () => conductor.allReady);
  return k6;
}

/** Of a generator for one client: at its barrier a generator has already made room for all of its clients. */
async function emptyGeneratorBytes(server: Server): Promise<number> {
  await using conductor = await Conductor.start({ generators: 1, durationMs: leaveAtMs }, () => {});
  await using k6 = await generatorAtBarrier(1, server, conductor);
  return readingOf(k6).rssBytes;
}

async function measureGenerator(): Promise<{ costs: Costs; final: CrowdFinal; intervals: CrowdInterval[] }> {
  const server = await startServer("sse-server-of-k6");
  const rssBytes = await emptyGeneratorBytes(server);
  const intervals: CrowdInterval[] = [];
  await using conductor = await Conductor.start({ generators: 1, durationMs: leaveAtMs }, (interval) =>
    intervals.push(interval),
  );
  const k6 = await generatorAtBarrier(clients, server, conductor);
  const base = { ...readingOf(k6), rssBytes, clients: 0 };
  conductor.release(nowUs() + 250_000);
  const costs = await measure(k6, base, server);
  const final = await untilOf(k6, leaveAtMs, "the generator sends no final record", () =>
    conductor.finals.get(0),
  );
  await k6.exited;
  return { costs, final, intervals };
}

async function measureYardstick(): Promise<Costs> {
  const server = await startServer("sse-server-of-plain-reader");
  const targets = server.urls.map((url) => new URL(url).host).join(",");
  const reader = await lease.start({
    name: "plain-reader",
    command: join(folder, "plain-reader"),
    // One event more than is measured: it ends with the last one.
    args: [
      ...["-target", targets, "-clients", String(clients), "-events", String(broadcasts + 1)],
      ...["-source", "127.0.1.2", "-arrive", `${arriveMs}ms`],
    ],
    logFile: join(folder, "plain-reader.log"),
  });
  // It waits for nobody: its base is the moment of its first sockets, and they are not counted with those that come.
  let sockets = 0;
  const giveUpAt = performance.now() + 5000;
  while (sockets === 0 && reader.running && performance.now() < giveUpAt) sockets = socketsOf(reader);
  const costs = await measure(reader, { ...readingOf(reader), clients: sockets }, server);
  await broadcast(server);
  await until(() => !reader.running, {
    withinMs: 10_000,
    orElse: "plain-reader has not read every event within 10 s",
    code: "BENCH_FAILED",
    signal,
  });
  const last: { state: string; clients: number } = JSON.parse(printedBy(reader).at(-1) ?? "{}");
  if (last.state === "read" && last.clients === clients) return costs;
  throw new MatchdayError("BENCH_FAILED", `plain-reader ${reader.howItEnded()}: ${reader.logTail()}`, {
    hint,
  });
}

/** Ages of the broadcast events in the histograms that the conductor got. */
function agesIn(intervals: CrowdInterval[]): number {
  let count = 0;
  for (const { histograms = {} } of intervals) {
    for (const [key, base64] of Object.entries(histograms)) {
      if (key.startsWith("event_age{class=goal}")) count += decodeHistogram(base64).totalCount;
    }
  }
  return count;
}

// The generator first: if the kernel's first 18,000 sockets cost more than its next, that is on our side.
console.error(`k6: ${clients} clients over ${arriveMs / 1000} s, then ${broadcasts} broadcasts`);
const { costs, final, intervals } = await measureGenerator();
console.error("plain-reader: the same");
const plain = await measureYardstick();

const owed = clients * broadcasts;
const beforeFirst = intervals.findLast(({ counters }) => counters.events === 0)!;
const perDelivery = (us: number) => us / owed;
const idleDuringMs = broadcasts * broadcastEveryMs;
const net = ({ deliveryCpuUs, idleCpuUsPerS }: Costs) =>
  deliveryCpuUs - perDelivery((idleCpuUsPerS * idleDuringMs) / 1000);
const againstPlain = (value: number) => ({ what: "plain reader", value });
const limit = (value: number) => ({ what: "limit", value });

printFigures(
  `${clients} clients on one generator, ${broadcasts} broadcasts ${broadcastEveryMs / 1000} s apart`,
  [
    {
      what: "events counted",
      observed: final.counters.events,
      unit: "events",
      against: { what: "sent", value: owed },
    },
    {
      what: "ages recorded",
      observed: agesIn(intervals),
      unit: "events",
      against: { what: "sent", value: owed },
    },
    {
      what: "an event",
      observed: (final.counters.bytes - beforeFirst.counters.bytes) / owed,
      unit: "B",
    },
    {
      what: "memory, the generator's own word",
      observed: final.bytesPerClient / 1000,
      unit: "KB a client",
    },
    { what: "memory, most of all", observed: costs.peakBytes / 1000, unit: "KB a client", against: limit(9) },
    {
      what: "memory, most of all",
      observed: costs.peakBytes / 1000,
      unit: "KB a client",
      against: againstPlain(plain.peakBytes / 1000),
    },
    {
      what: "memory, all just open",
      observed: costs.openBytes / 1000,
      unit: "KB a client",
      against: againstPlain(plain.openBytes / 1000),
    },
    {
      what: "CPU a delivery, idling between included",
      observed: costs.deliveryCpuUs,
      unit: "µs",
      against: limit(10),
    },
    {
      what: "CPU a delivery, idling between included",
      observed: costs.deliveryCpuUs,
      unit: "µs",
      against: againstPlain(plain.deliveryCpuUs),
    },
    {
      what: "CPU a delivery, idling taken off",
      observed: net(costs),
      unit: "µs",
      against: againstPlain(net(plain)),
    },
    {
      what: "CPU to idle",
      observed: costs.idleCpuUsPerS / 1000,
      unit: "ms a second",
    },
    { what: "CPU to open", observed: costs.openCpuUs, unit: "µs a client", against: limit(150) },
    {
      what: "CPU to open",
      observed: costs.openCpuUs,
      unit: "µs a client",
      against: againstPlain(plain.openCpuUs),
    },
  ],
);
