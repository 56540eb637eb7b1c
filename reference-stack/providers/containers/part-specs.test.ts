import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { testSecrets } from "../../testing/test-secrets.ts";
import { topologyOf } from "../../topology.ts";
import { insideAddresses } from "./inside-addresses.ts";
import { containerSpecOf } from "./part-specs.ts";
import type { ContainerSpec } from "./spec.ts";

const topology = topologyOf(2, { provider: "containers" });
const addresses = insideAddresses(topology);
let dashboardsDir: string;

beforeAll(() => {
  dashboardsDir = mkdtempSync(join(tmpdir(), "matchday-dashboards-"));
  writeFileSync(join(dashboardsDir, "match-day.json"), '{"title":"Match day"}');
  writeFileSync(join(dashboardsDir, "stack.json"), '{"title":"Stack"}');
  writeFileSync(join(dashboardsDir, "rules.yaml"), "groups: []\n");
});

afterAll(() => rmSync(dashboardsDir, { recursive: true }));

function spec(name: string, dir = dashboardsDir): ContainerSpec {
  const part = topology.parts.find((candidate) => candidate.name === name)!;
  return containerSpecOf(part, {
    ...{ addresses, topology, secrets: testSecrets },
    ...{ dashboardsDir: dir, serviceImage: "services:1" },
  });
}

const fileOf = ({ files }: ContainerSpec, end: string) =>
  files.find(({ path }) => path.endsWith(end))?.content;

test("a service runs from the one image, with its flags, and reaches what it needs through legs", () => {
  expect(spec("edge-2")).toEqual({
    name: "edge-2",
    image: "services:1",
    command: ["--max-semi-space-size=16", "--single-threaded-gc", "reference-stack/services/edge.ts"],
    env: {
      HOST: "0.0.0.0",
      PORT: "8080",
      METRICS_PORT: "9090",
      CONTROL_TOKEN: testSecrets.control,
      OTLP_URL: "http://jaeger:4318",
      EDGE_NAME: "edge-2",
      REDIS_URL: `redis://:${testSecrets.redis}@toxiproxy:21005`,
    },
    ports: { http: 8080, metrics: 9090 },
    files: [],
    tmpfs: [],
  });
});

test("what takes orders from anybody is published nowhere", () => {
  expect(spec("toxiproxy").ports).toEqual({});
});

test("Toxiproxy begins with every leg, each on a port of its own, and tells its metrics", () => {
  const toxiproxy = spec("toxiproxy");
  const proxies = JSON.parse(fileOf(toxiproxy, "toxiproxy.json")!);
  expect(proxies.map(({ name }: { name: string }) => name)).toEqual(topology.legs.map(({ name }) => name));
  expect(new Set(proxies.map(({ listen }: { listen: string }) => listen)).size).toBe(proxies.length);
  expect(proxies).toContainEqual({
    name: "scores.vendor",
    listen: "0.0.0.0:21001",
    upstream: "vendor:8080",
    enabled: true,
  });
  expect(toxiproxy.command).toContain("-proxy-metrics");
});

describe("PostgreSQL", () => {
  test("keeps its data in the container: neither in a volume, nor in memory that a kill would empty", () => {
    for (const name of ["postgres", "postgres-replica"]) {
      const { env, tmpfs } = spec(name);
      expect(tmpfs).toEqual(["/var/lib/postgresql/data"]);
      expect(env.PGDATA).not.toContain(tmpfs[0]);
    }
  });

  test("trusts nobody: whoever comes has a password, and comes from a private network", () => {
    const rules = fileOf(spec("postgres"), "pg_hba.conf")!.trim().split("\n");
    for (const rule of rules) expect(rule).toMatch(/ scram-sha-256$/);
    expect(rules.filter((rule) => / (all|0\.0\.0\.0\/0|::\/0) scram/.test(rule))).toEqual([
      "local all all scram-sha-256",
    ]);
    expect(rules).toContain("host replication replication samenet scram-sha-256");
  });

  test("gives each service a user of its own, of which none is a superuser", () => {
    const roles = fileOf(spec("postgres"), "roles.sql")!;
    for (const role of ["scores", "box_office", "observer", "replication"])
      expect(roles).toMatch(new RegExp(`^CREATE ROLE ${role} LOGIN`, "m"));
    expect(roles).not.toMatch(/SUPERUSER|pg_execute_server_program|pg_write_server_files/);
  });

  test("the replica copies its primary through the leg, as another user than root", () => {
    const replica = spec("postgres-replica");
    expect(replica.env).toMatchObject({ PRIMARY_HOST: "toxiproxy", PRIMARY_PORT: "21000" });
    expect(replica.user).toBe("postgres");
    expect(replica.entrypoint).toEqual(["/bin/sh", replica.files.at(-1)!.path]);
  });
});

describe("Prometheus", () => {
  const config = () => parse(fileOf(spec("prometheus"), "prometheus.yaml")!);
  const job = (name: string) =>
    config().scrape_configs.find((candidate: { job_name: string }) => candidate.job_name === name);

  test("asks each second", () => {
    expect(config().global).toEqual({
      scrape_interval: "1s",
      scrape_timeout: "1s",
      evaluation_interval: "1s",
    });
  });

  test("asks every service, Toxiproxy, the observer, and what the harness told it", () => {
    const targets = job("services").static_configs.flatMap(({ targets }: { targets: string[] }) => targets);
    expect(targets).toEqual(["vendor:9090", "scores:9090", "edge-1:9090", "edge-2:9090"]);
    expect(job("toxiproxy").static_configs[0].targets).toEqual(["toxiproxy:8474"]);
    expect(job("observer").static_configs[0].targets).toEqual(["observer:9090"]);
    expect(job("harness")).toMatchObject({
      ...{ metrics_path: "/v1/exposition", honor_labels: true },
      authorization: { credentials: testSecrets.control },
    });
  });

  test("has the rules of the folder, and none without", () => {
    expect(config().rule_files).toEqual(["/etc/matchday/rules.yaml"]);
    expect(fileOf(spec("prometheus"), "rules.yaml")).toBe("groups: []\n");
    const bare = spec("prometheus", join(dashboardsDir, "none"));
    expect(bare.files).toHaveLength(1);
    expect(parse(bare.files[0]!.content).rule_files).toBeUndefined();
  });
});

describe("Grafana", () => {
  test("opens with the match day, without a login and without a password that could be guessed", () => {
    const grafana = spec("grafana");
    expect(grafana.env).toMatchObject({
      GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
      GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true",
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: "/etc/matchday/dashboards/match-day.json",
    });
    expect(fileOf(grafana, "dashboards/stack.json")).toBe('{"title":"Stack"}');
    const { datasources } = parse(fileOf(grafana, "datasources/matchday.yaml")!);
    expect(datasources).toMatchObject([
      { uid: "prometheus", url: "http://prometheus:9090", jsonData: { timeInterval: "1s" } },
      { uid: "jaeger", url: "http://jaeger:16686" },
    ]);
  });

  test("stands without dashboards too", () => {
    const grafana = spec("grafana", join(dashboardsDir, "none"));
    expect(grafana.env.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBeUndefined();
    expect(grafana.files).toHaveLength(1);
  });
});

test("an address that there is not is an error that names it", () => {
  expect(() => addresses.part("redis", "http")).toThrow("no port http of redis");
  expect(() => addresses.leg("edge-9.redis")).toThrow("no leg edge-9.redis");
});
