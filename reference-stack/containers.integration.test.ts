import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import { until } from "../common/until.ts";
import { leftOf, startTestContainerStack, type TestContainerStack } from "./testing/container-stack.ts";
import { engine } from "./testing/engine.ts";
import { SseClient } from "./testing/sse-client.ts";
import { ticks } from "./testing/stack.ts";

describe.skipIf(!engine)("a stack in containers", { timeout: 60_000 }, () => {
  let run: TestContainerStack;
  const down: string[] = [];

  beforeAll(async () => {
    run = await startTestContainerStack({ edges: 2 });
    run.stack.onPartDown((part, how) => down.push(`${part} ${how}`));
  }, 300_000);
  afterAll(async () => {
    await run?.[Symbol.asyncDispose]();
  }, 60_000);

  test("is watched, and every part is up", async () => {
    const { stack } = run;
    const figures = await stack.figures();
    expect(figures.filter(({ up }) => !up)).toEqual([]);
    expect(figures.map(({ part }) => part)).toEqual(
      expect.arrayContaining(["postgres-replica", "edge-2", "observer", "jaeger", "prometheus", "grafana"]),
    );
    for (const { cpuUs, rssBytes } of figures) {
      expect(cpuUs).toBeGreaterThan(0);
      expect(rssBytes).toBeGreaterThan(1e6);
    }
    expect(stack.parts).not.toContain("grafana");
    expect(stack.consoles.map(({ name }) => name)).toEqual(["grafana", "prometheus", "jaeger"]);
    const [grafana, prometheus] = stack.consoles.map(({ url }) => url);
    expect((await fetch(grafana!)).status).toBe(200);
    const query = new URL("/api/v1/query?query=count(up==1)", prometheus);
    // Vendor, scores, two edges, the observer, Toxiproxy.
    await until(
      async () => {
        const { data } = (await (await fetch(query)).json()) as { data: { result: { value: string[] }[] } };
        return Number(data.result[0]?.value[1]) >= 6;
      },
      { withinMs: 10_000, orElse: "Prometheus does not see all that it scrapes" },
    );
  });

  test("publishes its ports on loopback, to clients of any loopback address", async () => {
    const { engine, stack } = run;
    const containers = await engine.docker.listContainers({
      filters: { label: [`dev.matchday.stack=${stack.id}`] },
    });
    const ips = containers.flatMap(({ Ports }) =>
      Ports.filter(({ PublicPort }) => PublicPort).map(({ IP }) => IP),
    );
    expect(new Set(ips)).toEqual(new Set(["127.0.0.1"]));
    const port = Number(new URL(stack.edges[0]!.url).port);
    for (const localAddress of ["127.0.1.1", "127.0.1.24"]) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, localAddress }, () => socket.end(resolve));
        socket.on("error", reject);
      });
    }
  });

  test("carries a feed to its edges; a killed vendor goes on with it on its old ports", async () => {
    const { stack } = run;
    await stack.open(
      { id: "live-scores", design: "sse-redis", script: { items: [], odds: [ticks(3000, 20)] } },
      { startAtUs: nowUs() },
    );
    const client = await SseClient.open(stack.edges[1]!.url);
    await client.untilId(20);
    await stack.kill("vendor");
    expect((await stack.figures()).find(({ part }) => part === "vendor")?.up).toBe(false);
    await stack.restart("vendor");
    // What was due meanwhile is said at once.
    await client.untilId(client.lastId + 50);
    expect((await stack.ledger!.published(0)).length).toBeGreaterThan(50);
  });

  test("starts a killed edge again on its old port", async () => {
    const { stack } = run;
    const { url } = stack.edges[0]!;
    await stack.kill("edge-1");
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    await expect(stack.kill("edge-1")).rejects.toMatchObject({ code: "PART_NOT_RUNNING" });
    await stack.restart("edge-1");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(down).toEqual([]);
  });

  test("has its legs again after a kill of Toxiproxy", async () => {
    const { stack, toxiproxy } = run;
    await stack.kill("toxiproxy");
    await stack.restart("toxiproxy");
    const proxies = await toxiproxy.list();
    expect(stack.legs.filter(({ name }) => !proxies.get(name)?.enabled)).toEqual([]);
    const client = await SseClient.open(stack.edges[1]!.url);
    await client.untilId(client.lastId + 5);
  });

  test("a part that is paused does not answer, and goes on where it was", async () => {
    const { stack } = run;
    const edge = async () => (await stack.figures()).find(({ part }) => part === "edge-1");
    await stack.pause("edge-1");
    expect(await edge()).toMatchObject({ up: false });
    await stack.unpause("edge-1");
    expect(await edge()).toMatchObject({ up: true });
  });

  test("a part that nobody killed is told with how it ended", async () => {
    const { stack, engine } = run;
    await engine.docker.getContainer(`matchday-${stack.id}-edge-2`).kill();
    await until(() => down.length > 0, { withinMs: 5000, orElse: "nobody was told" });
    expect(down).toEqual([expect.stringMatching(/^edge-2 was killed \(SIGKILL\): .*redis up/s)]);
    await stack.restart("edge-2");
  });

  test("a stop leaves nothing but the logs", async () => {
    const { stack, engine, folder } = run;
    const inspected = await engine.docker.listContainers({
      filters: { label: [`dev.matchday.stack=${stack.id}`] },
    });
    const mounts = inspected.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? []));
    await stack.stop();
    await stack.stop();
    expect(await leftOf(engine, stack.id)).toEqual([]);
    const volumes = ((await engine.docker.listVolumes()).Volumes ?? []).map(({ Name }) => Name);
    expect(volumes.filter((name) => mounts.includes(name))).toEqual([]);
    expect(readdirSync(join(folder, "logs"))).toContain("grafana.log");
    expect(readFileSync(join(folder, "logs", "scores.log"), "utf8")).toContain("started");
    expect(down).toHaveLength(1);
  });
});
