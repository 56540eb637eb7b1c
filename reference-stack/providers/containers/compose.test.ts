import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { testSecrets } from "../../testing/test-secrets.ts";
import { topologyOf } from "../../topology.ts";
import { composeYaml } from "./compose.ts";

const topology = topologyOf(2, { provider: "containers" });
let dir: string;
// biome-ignore lint/suspicious/noExplicitAny: a file for another program, looked at here and there
let compose: any;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-compose-"));
  writeFileSync(join(dir, "match-day.json"), '{"expr":"rate(x[$__rate_interval])"}');
  compose = parse(composeYaml(topology, testSecrets, dir));
});

afterAll(() => rmSync(dir, { recursive: true }));

test("has every part of the topology", () => {
  expect(Object.keys(compose.services)).toEqual(topology.parts.map(({ name }) => name));
});

test("a service runs on the image that is built here, is asked whether it is ready, and waits for what it needs", () => {
  expect(compose.services.scores).toMatchObject({
    image: "matchday-services",
    pull_policy: "never",
    command: ["reference-stack/services/scores.ts"],
    environment: {
      VENDOR_URL: "http://toxiproxy:21001",
      REDIS_URL: `redis://:${testSecrets.redis}@toxiproxy:21002`,
    },
    ports: ["127.0.0.1::8080", "127.0.0.1::9090"],
    healthcheck: { test: ["CMD", "node", "--eval", expect.stringContaining("9090/healthz")] },
    depends_on: {
      vendor: { condition: "service_healthy" },
      redis: { condition: "service_healthy" },
      postgres: { condition: "service_healthy" },
      toxiproxy: { condition: "service_healthy" },
    },
  });
});

test("one service builds the image of all, and anew when its source has changed", () => {
  const services = Object.entries<{ build?: unknown }>(compose.services);
  expect(services.filter(([, { build }]) => build)).toEqual([
    [
      "vendor",
      expect.objectContaining({
        build: { context: ".", args: { NODE_IMAGE: "node:24-bookworm-slim" } },
        pull_policy: "build",
      }),
    ],
  ]);
});

test("what can be asked nothing is waited for as far as it has started", () => {
  expect(compose.services.jaeger.healthcheck).toBeUndefined();
  expect(compose.services.grafana.depends_on).toEqual({
    prometheus: { condition: "service_healthy" },
    jaeger: { condition: "service_started" },
  });
});

test("publishes on loopback only, under numbers that can be replaced where people go", () => {
  for (const { ports } of Object.values<{ ports: string[] }>(compose.services)) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
  expect(compose.services["edge-2"].ports[0]).toBe(`127.0.0.1:${"$"}{MATCHDAY_PORT_EDGE_2_HTTP:-8082}:8080`);
  expect(compose.services.grafana.ports).toEqual([`127.0.0.1:${"$"}{MATCHDAY_PORT_GRAFANA_HTTP:-3000}:3000`]);
});

test("carries every file that a container needs, with its dollars kept from Compose", () => {
  for (const { configs = [] } of Object.values<{ configs?: { source: string }[] }>(compose.services)) {
    for (const { source } of configs) expect(compose.configs).toHaveProperty(source);
  }
  const used = compose.services.grafana.configs.find(({ target }: { target: string }) =>
    target.endsWith("match-day.json"),
  );
  expect(compose.configs[used.source].content).toBe('{"expr":"rate(x[$$__rate_interval])"}');
  const contents = Object.values<{ content: string }>(compose.configs).map(({ content }) => content);
  expect(contents.filter((content) => /(^|[^$])\$(\$\$)*([^$]|$)/.test(content))).toEqual([]);
});

test("is the same each time, and words that older readers take for others are quoted", () => {
  const text = composeYaml(topology, testSecrets, dir);
  expect(composeYaml(topology, testSecrets, dir)).toBe(text);
  expect(text).toContain('- "no"');
});
