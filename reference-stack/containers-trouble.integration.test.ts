import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MatchdayError } from "../common/errors.ts";
import { projectRoot } from "../common/paths.ts";
import { until } from "../common/until.ts";
import { startContainerStack } from "./providers/containers/containers.ts";
import { findEngine } from "./providers/containers/engine.ts";
import { imageState } from "./providers/containers/image-state.ts";
import { images } from "./providers/containers/images.ts";
import { releaseLeftoverContainers } from "./providers/containers/leftovers.ts";
import { removeStack } from "./providers/containers/remove-stack.ts";
import { dashboardsDir, leftOf } from "./testing/container-stack.ts";
import { engine } from "./testing/engine.ts";
import { engineSocket } from "./testing/engine-socket.ts";

const start = (id: string, options: Partial<Parameters<typeof startContainerStack>[0]> = {}) =>
  startContainerStack({
    id,
    edges: 1,
    design: "sse-redis",
    dashboardsDir,
    startupTimeoutMs: 120_000,
    ...options,
  });

afterEach(() => {
  vi.unstubAllEnvs();
});

/** In a process of its own: Testcontainers looks for its engine once. */
async function codeOfStartAt(dockerHost: string): Promise<{ code: string; hint: string; ms: number }> {
  const script = `
    const { findEngine } = await import("./reference-stack/providers/containers/engine.ts");
    const before = performance.now();
    await findEngine().catch(({ code, hint }) =>
      console.log(JSON.stringify({ code, hint, ms: performance.now() - before })));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: projectRoot,
    env: { ...process.env, DOCKER_HOST: dockerHost },
  });
  return JSON.parse(stdout);
}

test("an engine that is not there is said, with what to do", async () => {
  const dead = await codeOfStartAt("unix:///nowhere/docker.sock");
  expect(dead).toMatchObject({ code: "ENGINE_UNREACHABLE", hint: expect.stringContaining("--stack local") });
});

test("an engine that does not answer is given up after two seconds", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const silent = await codeOfStartAt(`tcp://127.0.0.1:${port}`);
  expect(silent.code).toBe("ENGINE_UNREACHABLE");
  expect(silent.ms).toBeLessThan(8000);
  server.close();
});

describe.skipIf(!engine)("a stack in containers that cannot start", { timeout: 200_000 }, () => {
  const nothingOf = async (id: string) => expect(await leftOf(await findEngine(), id)).toEqual([]);

  test("names every image that cannot be had, and what replaces it", async () => {
    const { redis, grafana } = images;
    vi.stubEnv(redis.variable, "redis:no-such-tag");
    vi.stubEnv(grafana.variable, "localhost:1/grafana:no-such-tag");
    const state = await imageState(await findEngine(), ["postgres:17", "redis:no-such-tag"]);
    expect(state.map(({ state }) => state)).toEqual(["present", "unobtainable"]);
    const id = `test-image-${process.pid}`;
    const error = await start(id).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: expect.stringMatching(/redis:no-such-tag .*localhost:1\/grafana:no-such-tag /s),
    });
    expect(error.hint).toContain(redis.variable);
    await nothingOf(id);
  });

  test("says which port is taken before anything is started", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const id = `test-port-${process.pid}`;
    await expect(start(id, { basePort: port - 3 })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      exitCode: 64,
    });
    server.close();
    await nothingOf(id);
  });

  test("says what a part said that ended, and removes the others", async () => {
    vi.stubEnv(images.redis.variable, images.node.pinned);
    const id = `test-ends-${process.pid}`;
    await expect(start(id)).rejects.toMatchObject({
      code: "PART_NOT_READY",
      message: expect.stringMatching(
        /^redis exited with code 1 while it was starting: .*Cannot find module/s,
      ),
    });
    await nothingOf(id);
  });

  test("names the database that was killed, and not who waits for it", async () => {
    const id = `test-killed-${process.pid}`;
    const { docker } = await findEngine();
    const starting = start(id).catch((thrown) => thrown);
    const postgres = docker.getContainer(`matchday-${id}-postgres`);
    await until(async () => (await postgres.inspect()).State.Running, {
      withinMs: 120_000,
      orElse: "postgres does not start",
    });
    await postgres.kill();
    const error = await starting;
    expect(error).toBeInstanceOf(MatchdayError);
    expect(error.message).toMatch(/^postgres (ended while \S+ was starting: )?was killed/);
    await nothingOf(id);
  });

  test("says the builder's last lines when the services' image cannot be built", async () => {
    vi.stubEnv(images.node.variable, images.redis.pinned);
    const id = `test-build-${process.pid}`;
    await expect(start(id)).rejects.toMatchObject({
      code: "IMAGE_BUILD_FAILED",
      message: expect.stringMatching(/npm: not found/),
    });
    await nothingOf(id);
  });

  test("leaves nothing when it is interrupted midway", async () => {
    const id = `test-abort-${process.pid}`;
    const abort = new AbortController();
    const starting = start(id, { signal: abort.signal });
    starting.catch(() => {});
    const engine = await findEngine();
    await until(async () => (await leftOf(engine, id)).length > 4, {
      withinMs: 120_000,
      everyMs: 50,
      orElse: "the stack does not start",
    });
    abort.abort(new Error("interrupted"));
    await expect(starting).rejects.toThrow("interrupted");
    await nothingOf(id);
  });
});

describe.skipIf(!engine)("an engine that is lost during a run", () => {
  test("is told, the stop ends, and what it has left is removed once it is there again", {
    timeout: 300_000,
  }, async () => {
    const id = `test-lost-${process.pid}`;
    const folder = mkdtempSync(join(tmpdir(), "matchday-test-"));
    const engine = await findEngine();
    const socket = await engineSocket(engine, join(folder, "docker.sock"));
    const child = spawn(process.execPath, ["reference-stack/testing/start-containers.ts", id], {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, DOCKER_HOST: socket.url, TESTCONTAINERS_RYUK_DISABLED: "true" },
    });
    try {
      let said = "";
      child.stdout.on("data", (data) => {
        said += data;
      });
      const says = (text: string, withinMs: number) =>
        until(() => said.includes(text), { withinMs, orElse: () => `it said only "${said}"` });
      await says(`up: ${id}`, 200_000);
      socket.close();
      await says("engine down: the Docker engine does not answer any more", 10_000);
      const exited = once(child, "close");
      child.kill("SIGTERM");
      await exited;
      expect(said).toContain("stopped");
      expect(await leftOf(engine, id)).not.toEqual([]);
      expect(await releaseLeftoverContainers()).toEqual([id]);
      expect(await leftOf(engine, id)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      socket.close();
      await removeStack(engine, id);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
