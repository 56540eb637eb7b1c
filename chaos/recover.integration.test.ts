/** A harness that is killed between injection and heal, on a real Toxiproxy: `recover` puts it right. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ManagedProcess } from "../common/managed-process.ts";
import { toxiproxyPath } from "../common/paths.ts";
import { freePorts } from "../common/ports.ts";
import { until } from "../common/until.ts";
import { ToxiproxyApi } from "../reference-stack/toxiproxy.ts";
import { openFaults } from "./ledger-files.ts";
import { recover } from "./recover.ts";
import { FakeStack } from "./testing/fake-stack.ts";

let dir: string;
let toxiproxy: ManagedProcess;
let api: ToxiproxyApi;
let upstream: Server;

beforeAll(async () => {
  const [port] = await freePorts(1);
  const password = "a-password-of-this-test";
  toxiproxy = await ManagedProcess.start({
    name: "toxiproxy",
    command: toxiproxyPath,
    env: { HOST: "127.0.0.1", PORT: String(port), TOXIPROXY_PASSWORD: password },
    logFile: join(tmpdir(), `matchday-toxiproxy-${process.pid}.log`),
  });
  api = new ToxiproxyApi(`http://matchday:${password}@127.0.0.1:${port}`);
  await until(() => api.version().catch(() => false), {
    withinMs: 10_000,
    orElse: "Toxiproxy does not answer within 10 s",
  });
  // Echoes, as the dependency behind all legs.
  upstream = createServer((socket) => socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const address = upstream.address() as { port: number };
  await api.populate(
    new FakeStack().legs.map(({ name }) => ({
      name,
      listen: "127.0.0.1:0",
      upstream: `127.0.0.1:${address.port}`,
    })),
  );
});

afterAll(async () => {
  await toxiproxy?.stop();
  upstream?.close();
  rmSync(toxiproxy.spec.logFile, { force: true });
});

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-recover-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Whether a byte comes back over the leg `edge-1.redis` in time. */
async function echoes(port: number, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" }, () => socket.write("?"));
    const answer = (came: boolean) => {
      socket.destroy();
      resolve(came);
    };
    socket.setTimeout(withinMs, () => answer(false));
    socket.once("data", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
  });
}

async function crashAfterInjecting(kind: string, options: object): Promise<void> {
  const script = join(import.meta.dirname, "testing", "crashing-harness.ts");
  const harness = spawn(process.execPath, [script, dir, api.url, kind, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    for await (const line of createInterface(harness.stdout)) {
      if (line.startsWith("injected")) return;
      if (!line.startsWith("injecting")) throw new Error(`the harness says ${line}`);
    }
    throw new Error("the harness has ended without a word");
  } finally {
    await killed(harness);
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

test.each([
  ["redis-down", {}, 3],
  ["redis-down", { mode: "black-hole" }, 6],
  ["slow-redis", { latency: "3s" }, 3],
])("%s %j is healed by recover, once", async (kind, options, steps) => {
  const port = Number((await api.list()).get("edge-1.redis")!.listen.split(":")[1]);
  expect(await echoes(port, 2000)).toBe(true);
  await crashAfterInjecting(kind, options);
  expect(await echoes(port, 300)).toBe(false);
  expect(openFaults(dir)).toMatchObject([{ run: `crashed-${kind}`, ownerRunning: false, fault: kind }]);

  const recovered = await recover({ dir });
  expect(recovered.map(({ outcome }) => outcome)).toEqual(Array(steps).fill("undone"));
  expect(await echoes(port, 2000)).toBe(true);
  for (const { enabled, toxics } of (await api.list()).values()) {
    expect({ enabled, toxics }).toEqual({ enabled: true, toxics: [] });
  }
  expect(await recover({ dir })).toEqual([]);
  expect(readdirSync(dir)).toEqual([]);
});
