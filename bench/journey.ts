/**
 * `npm run bench:journey -- --clients 1000`: what a client with a journey costs the crowd, and what the same journey costs as a
 * VU of plain k6, one after the other on the same server. Both are measured from outside, against a run of one client.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { interruptSignal } from "../cli/interrupt.ts";
import { MatchdayError } from "../common/errors.ts";
import type { Journey } from "../common/journey.ts";
import { Lease } from "../common/lease.ts";
import { k6Path, projectRoot } from "../common/paths.ts";
import { until } from "../common/until.ts";
import { script } from "../crowd/start.ts";
import { printFigures } from "./figures.ts";
import { constant, type Reading, readingOf } from "./readings.ts";

const { values } = parseArgs({ options: { clients: { type: "string", default: "1000" } } });
const clients = Number(values.clients);

const arriveS = 5;
/** The last one comes, waits a second in the queue, and thinks twice for a second and a half at most; then time to spare. */
const durationS = arriveS + 1 + 3 + 3;

const think = { do: "think", time: { kind: "uniform", minMs: 500, maxMs: 1500 } } as const;
const authorized = (step: string) => ({
  Authorization: "Bearer {admission}",
  "Idempotency-Key": `{key:${step}}`,
});
const journey: Journey = {
  id: "buy",
  share: 1,
  steps: [
    { name: "join", do: "stream", target: "shop", path: "/queue?buyer={client}" },
    {
      name: "admission",
      do: "wait",
      for: [{ event: "admitted", capture: { admission: "$.admission" } }],
      timeoutMs: 10_000,
      onTimeout: { end: "failed", cause: "not admitted" },
    },
    {
      name: "seats",
      do: "request",
      target: "shop",
      method: "GET",
      path: "/seats?want=2",
      on: { 200: "next" },
      capture: { seats: "$.seats" },
      timeoutMs: 10_000,
    },
    { name: "choose", ...think },
    {
      name: "hold",
      do: "request",
      target: "shop",
      method: "POST",
      path: "/holds",
      headers: authorized("hold"),
      body: { seats: "{seats}" },
      on: { 201: "next" },
      capture: { hold: "$.hold" },
      timeoutMs: 10_000,
    },
    { name: "pay", ...think },
    {
      name: "book",
      do: "request",
      target: "shop",
      method: "POST",
      path: "/bookings",
      headers: authorized("book"),
      body: { hold: "{hold}" },
      on: { 201: "next" },
      timeoutMs: 10_000,
    },
  ],
};

using interrupt = interruptSignal();
const { signal } = interrupt;
await using lease = Lease.take(`bench-journey-${process.pid}`);
const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-bench-")));
const journeyFile = join(folder, "journey.json");
writeFileSync(journeyFile, JSON.stringify(journey));

await promisify(execFile)("go", ["build", "-o", `${folder}/`, "./cmd/journey-server"], {
  cwd: join(projectRoot, "crowd"),
  signal,
});
const serverLog = join(folder, "server.log");
await lease.start({
  name: "journey-server",
  command: join(folder, "journey-server"),
  args: [],
  logFile: serverLog,
});
const target = await until(() => readFileSync(serverLog, "utf8").split("\n").slice(0, -1)[0], {
  withinMs: 5000,
  orElse: "journey-server does not listen within 5 s",
  code: "BENCH_FAILED",
  signal,
});
const booked = async () => Number(await (await fetch(`${target}/booked`, { signal })).text());

/** The last reading before the process ended: how much it has spent in all, and the most that it has held. */
async function costOf(
  name: string,
  count: number,
  file: string,
  env: Record<string, string>,
): Promise<Reading> {
  const before = await booked();
  const process = await lease.start({
    name: `${name}-${count}`,
    command: k6Path,
    args: ["run", "--quiet", "--no-usage-report", "--no-color", "--summary-mode=disabled", file],
    env: { TARGET: target, CLIENTS: String(count), ...env },
    logFile: join(folder, `${name}-${count}.log`),
  });
  const cost: Reading = { cpuUs: 0, rssBytes: 0 };
  await until(
    () => {
      if (!process.running) return true;
      const { cpuUs, rssBytes } = readingOf(process);
      cost.cpuUs = Math.max(cost.cpuUs, cpuUs);
      cost.rssBytes = Math.max(cost.rssBytes, rssBytes);
      return false;
    },
    {
      withinMs: 300_000,
      orElse: `${name} has not ended within 5 min`,
      code: "BENCH_FAILED",
      everyMs: 50,
      signal,
    },
  );
  const done = (await booked()) - before;
  if (done !== count) {
    throw new MatchdayError(
      "BENCH_FAILED",
      `${name}: ${done} of ${count} journeys booked: ${process.logTail()}`,
      { hint: "see the log, and measure again on a machine that is idle" },
    );
  }
  return cost;
}

async function costEach(name: string, file: string, env: Record<string, string>): Promise<Reading> {
  console.error(`${name}: 1 client, then ${clients}`);
  const one = await costOf(name, 1, file, env);
  const all = await costOf(name, clients, file, env);
  const each = (of: keyof Reading) => (all[of] - one[of]) / (clients - 1);
  return { cpuUs: each("cpuUs"), rssBytes: each("rssBytes") };
}

const crowd = await costEach("crowd", script, {
  JOURNEY: journeyFile,
  DURATION: `${durationS}s`,
  ARRIVE: `${arriveS}s`,
});
const vus = await costEach("k6-vus", join(import.meta.dirname, "journey-vus.ts"), {
  ARRIVE_S: String(arriveS),
});

printFigures(
  `${clients} clients, each with a queue, two thoughts and three requests, arriving within ${arriveS} s`,
  [
    {
      what: "memory, most of all",
      observed: crowd.rssBytes / 1000,
      unit: "KB a client",
      against: { what: "limit", value: 16 },
    },
    {
      what: "memory, most of all",
      observed: crowd.rssBytes / 1000,
      unit: "KB a client",
      against: { what: "k6 VUs", value: vus.rssBytes / 1000 },
    },
    {
      what: `CPU a journey (to ${1000 / constant("CLK_TCK")} ms in all)`,
      observed: crowd.cpuUs,
      unit: "µs",
      against: { what: "k6 VUs", value: vus.cpuUs },
    },
  ],
);
