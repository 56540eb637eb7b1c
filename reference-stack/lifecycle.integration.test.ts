import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { nowUs } from "../common/clock.ts";
import { MatchdayError } from "../common/errors.ts";
import { Lease } from "../common/lease.ts";
import { until } from "../common/until.ts";
import { startLocalStack } from "./providers/local.ts";
import { processTree } from "./providers/process-tree.ts";
import { range, SseClient } from "./testing/sse-client.ts";
import { startTestStack, testTools, ticks } from "./testing/stack.ts";

test("a stop drains: streams end whole, a client goes on elsewhere, and nothing is left running", async () => {
  const before = new Set(processTree(process.pid));
  const run = await startTestStack(2);
  const { stack } = run;
  const [first, second] = stack.edges.map(({ url }) => url) as [string, string];
  await stack.open(
    { id: "live-scores", design: "sse-redis", script: { items: [], odds: [ticks(5000, 20)] } },
    { startAtUs: nowUs() },
  );
  const clients = await Promise.all(range(1, 40).map(() => SseClient.open(first)));
  await clients[0]!.untilId(5);
  const pids = processTree(process.pid).filter((pid) => !before.has(pid));
  expect(pids.length).toBeGreaterThanOrEqual(7);
  const stopping = stack.stop();
  await Promise.all(clients.map((client) => client.untilId(5)));
  await stopping;
  for (const client of clients) {
    expect(client.ended).toBe(true);
    expect(client.ids).toEqual(range(client.events[0]!.id + 1, client.lastId));
  }
  await expect(fetch(`${second}/healthz`)).rejects.toThrow();
  await run[Symbol.asyncDispose]();
  expect(processTree(process.pid).filter((pid) => pids.includes(pid))).toEqual([]);
  expect(existsSync(run.folder)).toBe(false);
  // Safe twice.
  await stack.stop();
}, 20_000);

test("a taken base port is said before anything is started", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lease = Lease.take("test-port-taken");
  const { port } = server.address() as { port: number };
  await expect(
    startLocalStack({
      lease,
      edges: 1,
      design: "sse-redis",
      folder: "/nowhere",
      tools: testTools()!,
      basePort: port - 1,
    }),
  ).rejects.toMatchObject({ code: "PORT_TAKEN" });
  await lease.release();
  server.close();
});

test("a part that ends while it starts is an error with its name and its last words, and the others are stopped", async () => {
  const before = new Set(processTree(process.pid));
  const lease = Lease.take("test-part-ends");
  const folder = lease.folder(`/tmp/matchday-test-part-ends-${process.pid}`);
  const error = await startLocalStack({
    lease,
    edges: 1,
    design: "sse-redis",
    folder,
    tools: { ...testTools()!, redisServer: "/bin/false" },
  }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(MatchdayError);
  expect(error.code).toBe("PART_NOT_READY");
  expect(error.message).toContain("redis exited with code 1 while it was starting");
  expect(processTree(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  await lease.release();
}, 20_000);

/** A program that does something else first. */
function wrapped(folder: string, program: string, first: string): string {
  mkdirSync(folder, { recursive: true });
  const wrapper = join(folder, program.split("/").at(-1)!);
  writeFileSync(wrapper, `#!/bin/sh\n${first}\nexec ${program} "$@"\n`, { mode: 0o755 });
  return wrapper;
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
};

const withName = (pattern: RegExp): number | undefined =>
  processTree(process.pid).find((pid) => pattern.test(commandOf(pid)));

test("PostgreSQL is killed after it was ready, while others start: it is named at once, and not who waits for it", async () => {
  await using lease = Lease.take("test-postgres-killed");
  const folder = lease.folder(`/tmp/matchday-test-postgres-killed-${process.pid}`);
  const redisServer = wrapped(join(folder, "bin"), testTools()!.redisServer, "sleep 10");
  const starting = startLocalStack({
    lease,
    edges: 1,
    design: "sse-redis",
    folder,
    tools: { ...testTools()!, redisServer },
  }).catch((thrown) => thrown);
  // Its service is with it: it has been ready for some time.
  await until(() => withName(/^postgres: scores /), {
    withinMs: 15_000,
    orElse: "scores does not reach PostgreSQL",
  });
  const killedAt = performance.now();
  process.kill(withName(/\/postgres\0-D/)!, "SIGKILL");
  const error = await starting;
  expect(error).toMatchObject({
    code: "STACK_DIED",
    message: expect.stringMatching(/^postgres ended while \S+ was starting: was killed by SIGKILL/),
    hint: `its log is ${join(folder, "logs", "postgres.log")}`,
  });
  expect(performance.now() - killedAt).toBeLessThan(8000);
}, 40_000);

test("PostgreSQL is killed while its database is prepared: what ended it is said, and nothing of free space", async () => {
  await using lease = Lease.take("test-prepare-killed");
  const folder = lease.folder(`/tmp/matchday-test-prepare-killed-${process.pid}`);
  const starting = startLocalStack({
    lease,
    edges: 1,
    design: "sse-redis",
    folder,
    tools: testTools()!,
  }).catch((thrown) => thrown);
  const pid = await until(() => withName(/\/postgres\0--single/), {
    withinMs: 15_000,
    everyMs: 5,
    orElse: "no database is prepared",
  });
  process.kill(pid, "SIGKILL");
  expect(await starting).toMatchObject({
    code: "POSTGRES_INIT_FAILED",
    message: expect.stringMatching(/^a database cannot be prepared in \S+: postgres was killed by SIGKILL: /),
    hint: expect.stringMatching(/^run again; if it stays: /),
  });
}, 40_000);

/** Starts a stack that comes no further than to what `hang` does, and aborts it then. */
async function abortedWhile(name: string, hang: () => Promise<unknown>, tools = testTools()!): Promise<void> {
  const before = new Set(processTree(process.pid));
  await using lease = Lease.take(`test-${name}`);
  const abort = new AbortController();
  const starting = startLocalStack({
    ...{ lease, edges: 1, design: "sse-redis", tools, signal: abort.signal },
    folder: lease.folder(`/tmp/matchday-test-${name}-${process.pid}`),
  }).catch((thrown) => thrown);
  await hang();
  const abortedAt = performance.now();
  abort.abort(new Error("Ctrl-C"));
  expect(await starting).toEqual(new Error("Ctrl-C"));
  expect(performance.now() - abortedAt).toBeLessThan(6000);
  expect(processTree(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
}

test("a start is ended at once, while a part hangs that heeds nothing", async () => {
  const folder = `/tmp/matchday-test-hangs-bin-${process.pid}`;
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const redisServer = wrapped(
    folder,
    "sleep",
    "trap '' TERM INT; echo hangs >&2; while :; do sleep 60; done",
  );
  const log = `/tmp/matchday-test-part-hangs-${process.pid}/logs/redis.log`;
  await abortedWhile(
    "part-hangs",
    () =>
      until(() => readFileSync(log, "utf8").includes("hangs"), {
        withinMs: 15_000,
        orElse: "Redis is not started",
      }),
    { ...testTools()!, redisServer },
  );
}, 40_000);

test("a start is ended at once, while the database that is prepared hangs", async () => {
  await abortedWhile("prepare-hangs", async () => {
    const pid = await until(() => withName(/\/postgres\0--single/), {
      ...{ withinMs: 15_000, everyMs: 5, orElse: "no database is prepared" },
    });
    process.kill(pid, "SIGSTOP");
  });
}, 40_000);

test.skipIf(process.getuid?.() !== 0)(
  "a disk that is full while parts start is told as that",
  async () => {
    await using lease = Lease.take("test-disk-full");
    const folder = lease.folder(`/tmp/matchday-test-disk-full-${process.pid}`);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=100m", "tmpfs", folder]).status !== 0)
      throw new Error("a small file system could not be mounted");
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("TMPDIR", folder);
    try {
      const fill = `head -c 200000000 /dev/zero >${folder}/fill 2>/dev/null`;
      const redisServer = wrapped(join(folder, "bin"), testTools()!.redisServer, `${fill}; exit 1`);
      const starting = startLocalStack({
        ...{ lease, edges: 1, design: "sse-redis", folder, tools: { ...testTools()!, redisServer } },
      });
      await expect(starting).rejects.toMatchObject({
        code: "DISK_FULL",
        message: expect.stringMatching(/^no space is left in \/tmp\/matchday-test-disk-full/),
        hint: expect.stringMatching(/^free disk space there/),
      });
    } finally {
      execFileSync("umount", [folder]);
    }
  },
  40_000,
);
