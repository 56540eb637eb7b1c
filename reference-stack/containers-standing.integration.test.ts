import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import { projectRoot } from "../common/paths.ts";
import { until } from "../common/until.ts";
import { type Engine, findEngine } from "./providers/containers/engine.ts";
import { releaseLeftoverContainers } from "./providers/containers/leftovers.ts";
import { removeStack } from "./providers/containers/remove-stack.ts";
import { attach, down, logs, standingStacks } from "./providers/containers/standing.ts";
import { leftOf } from "./testing/container-stack.ts";
import { engine as engineAnswers } from "./testing/engine.ts";
import { SseClient } from "./testing/sse-client.ts";
import { ticks } from "./testing/stack.ts";
import { ToxiproxyApi } from "./toxiproxy.ts";

/** Starts a stack in a process of its own, and says so with a line. */
const starter = join(projectRoot, "reference-stack", "testing", "start-containers.ts");

function startElsewhere(id: string, { keep }: { keep: boolean }) {
  const child = spawn(process.execPath, [starter, id, ...(keep ? ["--keep"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
    // What nobody else would clean up.
    env: { ...process.env, TESTCONTAINERS_RYUK_DISABLED: "true" },
  });
  return { child, up: once(child.stdout, "data") };
}

describe.skipIf(!engineAnswers)("a stack that stands", { timeout: 60_000 }, () => {
  const id = `test-kept-${process.pid}`;
  let engine: Engine;

  beforeAll(async () => {
    engine = await findEngine();
    const { child, up } = startElsewhere(id, { keep: true });
    await up;
    child.kill("SIGKILL");
    await once(child, "exit");
  }, 300_000);
  afterAll(async () => {
    if (engine) await removeStack(engine, id);
  }, 60_000);

  test("survives the process that began it, and is listed", async () => {
    await releaseLeftoverContainers();
    const stack = (await standingStacks()).find((stack) => stack.id === id);
    expect(stack).toMatchObject({ design: "sse-redis", edges: 1 });
    expect(stack?.parts.every(({ state }) => state === "running")).toBe(true);
    expect(stack?.parts.find(({ name }) => name === "edge-1")?.ports).toEqual({
      http: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      metrics: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect(await logs("vendor", { id, tail: 5 })).toContain("started");
  });

  test("is used by one run at a time, and left as it is", async () => {
    const stack = await attach(id, { run: "runs/one" });
    await expect(attach(id, { run: "runs/two" })).rejects.toMatchObject({
      code: "STACK_IN_USE",
      message: expect.stringContaining("runs/one"),
    });
    await expect(down(id)).rejects.toMatchObject({ code: "STACK_IN_USE" });
    await stack.stop();
    await (await attach(id, { run: "runs/two" })).stop();
    expect(await leftOf(engine, id)).not.toEqual([]);
  });

  test("begins each run like a new one, whatever the last has left", async () => {
    const used = await attach(id, { run: "runs/one" });
    await used.open(
      { id: "live-scores", design: "sse-redis", script: { items: [], odds: [ticks(500, 10)] } },
      { startAtUs: nowUs() },
    );
    const client = await SseClient.open(used.edges[0]!.url);
    await client.untilId(10);
    const toxiproxy = new ToxiproxyApi(used.toxiproxyUrl);
    await toxiproxy.setEnabled("edge-1.redis", false);
    await used.kill("postgres-replica");
    await used.pause("redis");
    await used.stop();

    await using again = await attach(id, { run: "runs/two" });
    const before = performance.now();
    await again.reset();
    const tookMs = performance.now() - before;
    console.log(`reset in ${Math.round(tookMs)} ms`);
    expect(await again.ledger!.published(0)).toEqual([]);
    expect((await again.figures()).filter(({ up }) => !up)).toEqual([]);
    expect([...(await toxiproxy.list()).values()].filter(({ enabled }) => !enabled)).toEqual([]);
    await again.open(
      { id: "live-scores", design: "sse-redis", script: { items: [], odds: [ticks(50, 10)] } },
      { startAtUs: nowUs() },
    );
    const fresh = await SseClient.open(again.edges[0]!.url);
    await fresh.untilId(50);
    expect(fresh.lastId).toBe(50);
  });

  test("is gone after down", async () => {
    expect(await down(id)).toBe(id);
    expect(await leftOf(engine, id)).toEqual([]);
    await expect(down(id)).rejects.toMatchObject({ code: "STACK_UNKNOWN" });
  });
});

describe.skipIf(!engineAnswers)("a stack whose owner was killed", () => {
  test("is removed at the next start", { timeout: 300_000 }, async () => {
    const id = `test-left-${process.pid}`;
    const engine = await findEngine();
    const { child } = startElsewhere(id, { keep: false });
    try {
      // Midway: some parts run, others are being created.
      await until(async () => (await leftOf(engine, id)).length > 4, {
        everyMs: 100,
        withinMs: 200_000,
        orElse: "the stack does not start",
      });
      expect(await releaseLeftoverContainers()).toEqual([]);
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await leftOf(engine, id)).not.toEqual([]);
      expect(await releaseLeftoverContainers()).toEqual([id]);
      expect(await leftOf(engine, id)).toEqual([]);
      const before = performance.now();
      expect(await releaseLeftoverContainers()).toEqual([]);
      expect(performance.now() - before).toBeLessThan(100);
    } finally {
      child.kill("SIGKILL");
      await removeStack(engine, id);
    }
  });
});
