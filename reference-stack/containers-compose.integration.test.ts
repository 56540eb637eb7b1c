import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import { projectRoot } from "../common/paths.ts";
import { until } from "../common/until.ts";
import { composeYaml } from "./providers/containers/compose.ts";
import { engine } from "./testing/engine.ts";
import { SseClient } from "./testing/sse-client.ts";
import { ticks } from "./testing/stack.ts";
import { asControl, testSecrets } from "./testing/test-secrets.ts";
import { topologyOf } from "./topology.ts";

const exec = promisify(execFile);
const hasCompose = await exec("docker", ["compose", "version"]).then(
  () => true,
  () => false,
);

const project = `matchday-test-${randomBytes(4).toString("hex")}`;
const topology = topologyOf(1, { provider: "containers" });
/** Whichever ports are free. */
const anyPorts = Object.fromEntries(
  topology.parts.flatMap(({ name, ports }) =>
    Object.keys(ports).map((port) => [
      `MATCHDAY_PORT_${name}_${port}`.toUpperCase().replaceAll("-", "_"),
      "0",
    ]),
  ),
);

/** @param file on stdin; what stands already is found by the project's name. */
async function compose(args: string[], file?: string): Promise<string> {
  const from = file === undefined ? [] : ["--file", "-"];
  const running = exec("docker", ["compose", "--project-name", project, ...from, ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...anyPorts },
    timeout: 240_000,
  });
  running.child.stdin!.end(file);
  return (await running).stdout;
}

describe.skipIf(!engine || !hasCompose)("a stack by docker compose", () => {
  const yaml = composeYaml(topology, testSecrets, join(projectRoot, "dashboards", "generated"));
  const urlOf = async (part: string, port: number) =>
    `http://${(await compose(["port", part, String(port)])).trim()}`;
  const json = async (url: string) =>
    (await (await fetch(url, { signal: AbortSignal.timeout(2000) })).json()) as never;

  beforeAll(() => compose(["up", "--detach", "--wait"], yaml), 250_000);
  afterAll(() => compose(["down", "--timeout", "5"]), 60_000);

  test("streams what the vendor says", async () => {
    const answer = await fetch(`${await urlOf("vendor", 8080)}/v1/feed`, {
      method: "POST",
      headers: { "content-type": "application/json", ...asControl },
      body: JSON.stringify({ startAtUs: nowUs(), script: { items: [], odds: [ticks(600, 100)] } }),
    });
    expect(answer.status).toBe(201);
    const edge = await urlOf("edge-1", 8080);
    await until(async () => (await fetch(`${edge}/api/match/final/state`)).ok, {
      withinMs: 10_000,
      orElse: "the edge does not know the match",
    });
    await using client = await SseClient.open(edge);
    await client.untilId(20);
  });

  test("is watched: Prometheus scrapes every part, Grafana shows its dashboards without a login", async () => {
    const [prometheus, grafana] = [await urlOf("prometheus", 9090), await urlOf("grafana", 3000)];
    type Targets = { data: { activeTargets: { health: string; scrapePool: string }[] } };
    await until(
      async () => {
        const { data }: Targets = await json(`${prometheus}/api/v1/targets`);
        const up = data.activeTargets.filter(({ health }) => health === "up");
        return new Set(up.map(({ scrapePool }) => scrapePool)).size === 4 && up.length === 6;
      },
      { withinMs: 10_000, orElse: "Prometheus does not reach every target" },
    );
    const found: { uid: string }[] = await json(`${grafana}/api/search?type=dash-db`);
    expect(found.map(({ uid }) => uid)).toContain("matchday-match-day");
    const query = "query=sum(up)";
    const { status }: { status: string } = await json(
      `${grafana}/api/datasources/proxy/uid/prometheus/api/v1/query?${query}`,
    );
    expect(status).toBe("success");
  });

  test("its replica follows", async () => {
    const metrics = `${await urlOf("observer", 9090)}/metrics`;
    await until(
      async () =>
        (await (await fetch(metrics)).text()).includes(
          'matchday_postgres_replication_lag_bytes{part="postgres"}',
        ),
      { withinMs: 10_000, orElse: "the observer tells no lag of the replica" },
    );
  });
});
