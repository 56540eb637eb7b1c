/** The stack as a `compose.yaml` that stands by itself: for people who want it without Matchday's own commands. */
import { stringify } from "yaml";
import type { StackSecrets } from "../../secrets.ts";
import type { Part, ServerName, Topology } from "../../topology.ts";
import { imageOf } from "./images.ts";
import { insideAddresses } from "./inside-addresses.ts";
import { containerSpecOf } from "./part-specs.ts";
import type { ContainerSpec } from "./spec.ts";

const serviceImage = "matchday-services";

/**
 * Ports that people go to have a fixed number on this machine, which an environment variable replaces; the others get
 * whichever is free (`docker compose port redis 6379`).
 */
const published: Record<string, number> = {
  "vendor http": 8080,
  // The way to Toxiproxy.
  "observer http": 8474,
  "grafana http": 3000,
  "prometheus http": 9090,
  "jaeger query": 16_686,
};

/** Edge n is on 8080 + n. */
function publishedPort(part: string, port: string): number | undefined {
  const edge = /^edge-(\d+)$/.exec(part);
  if (edge && port === "http") return 8080 + Number(edge[1]);
  return published[`${part} ${port}`];
}

/** What asks each server, with what its own image holds; Jaeger's holds nothing that could. */
const healthOfServer: Record<ServerName, string[] | undefined> = {
  postgres: ["pg_isready", "--host=127.0.0.1"],
  "postgres-replica": ["pg_isready", "--host=127.0.0.1"],
  redis: ["redis-cli", "ping"],
  toxiproxy: ["/toxiproxy-cli", "list"],
  prometheus: ["promtool", "check", "ready"],
  grafana: ["curl", "--fail", "--silent", "http://127.0.0.1:3000/api/health"],
  jaeger: undefined,
};

const serviceHealth = (port: number) => [
  "node",
  "--eval",
  `fetch("http://127.0.0.1:${port}/healthz").then((r) => r.json()).then(({ ready }) => process.exit(ready ? 0 : 1))`,
];

/** Compose takes `$` for a variable of its own. */
const plain = (text: string) => text.replaceAll("$", "$$$$");

/**
 * @param secrets stand in it: it is for its owner to read
 * @param dashboardsDir dashboards and rules, which become part of the file
 * @returns YAML for `docker compose` 2.23.1 or later (contents of `configs`), run from the project's root
 */
export function composeYaml(topology: Topology, secrets: StackSecrets, dashboardsDir: string): string {
  const place = { topology, secrets, dashboardsDir, serviceImage, addresses: insideAddresses(topology) };
  const configs: Record<string, { content: string }> = {};
  const services = topology.parts.map((part) => {
    const spec = containerSpecOf(part, place);
    const mounts = spec.files.map(({ path, content, mode }, index) => {
      const source = `${part.name}-${index + 1}`;
      configs[source] = { content: plain(content) };
      return { source, target: path, ...(mode === undefined ? {} : { mode }) };
    });
    return [part.name, composeService(part, spec, mounts, topology)] as const;
  });
  const document = { name: "matchday", services: Object.fromEntries(services), configs };
  // Version 1.1 puts quotes around `no` too: readers differ in what they make of it.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}

/** One service builds the image of all, anew whenever its source has changed; the others find it there. */
function imageFields(part: Part, { parts }: Topology) {
  if (!("service" in part.program)) return {};
  const builds = part === parts.find(({ program }) => "service" in program);
  if (!builds) return { pull_policy: "never" };
  return { build: { context: ".", args: { NODE_IMAGE: imageOf("node") } }, pull_policy: "build" };
}

function composeService(part: Part, spec: ContainerSpec, configs: unknown[], topology: Topology) {
  const health = healthOf(part);
  const needs = part.needs.map((name) => {
    const healthy = healthOf(topology.parts.find((other) => other.name === name)!) !== undefined;
    return [name, { condition: healthy ? "service_healthy" : "service_started" }];
  });
  return {
    image: spec.image,
    ...imageFields(part, topology),
    ...(spec.entrypoint ? { entrypoint: spec.entrypoint.map(plain) } : {}),
    ...(spec.command ? { command: spec.command.map(plain) } : {}),
    ...(spec.user ? { user: spec.user } : {}),
    environment: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, plain(value)])),
    ...(configs.length > 0 ? { configs } : {}),
    ...(spec.tmpfs.length > 0 ? { tmpfs: spec.tmpfs } : {}),
    ...(spec.stopSignal ? { stop_signal: spec.stopSignal } : {}),
    // None of it is for other machines.
    ports: Object.entries(spec.ports).map(([port, number]) => {
      const fixed = publishedPort(part.name, port);
      const variable = `MATCHDAY_PORT_${part.name}_${port}`.toUpperCase().replaceAll("-", "_");
      return `127.0.0.1:${fixed === undefined ? "" : `\${${variable}:-${fixed}}`}:${number}`;
    }),
    ...(health
      ? { healthcheck: { test: ["CMD", ...health], interval: "1s", timeout: "2s", retries: 60 } }
      : {}),
    ...(needs.length > 0 ? { depends_on: Object.fromEntries(needs) } : {}),
  };
}

function healthOf({ program, ports }: Part): string[] | undefined {
  return "service" in program ? serviceHealth(ports.metrics!) : healthOfServer[program.server];
}
