import { expect, test } from "vitest";
import { testSecrets } from "./testing/test-secrets.ts";
import { partsOf, topologyOf } from "./topology.ts";

test("names of parts and legs follow the number of edges", () => {
  expect(partsOf(2)).toEqual({
    parts: ["toxiproxy", "postgres", "redis", "vendor", "scores", "edge-1", "edge-2"],
    legs: ["scores.vendor", "scores.redis", "scores.postgres", "edge-1.redis", "edge-2.redis"],
  });
});

test("every leg leads to a port that there is, and nobody goes round one", () => {
  const { parts, legs } = topologyOf(3);
  const direct: string[] = [];
  const addresses = {
    part: (name: string, port: string) => {
      direct.push(`${name} ${port}`);
      return { host: "h", port: 1 };
    },
    leg: (name: string) => {
      expect(legs.map((leg) => leg.name)).toContain(name);
      return { host: "h", port: 2 };
    },
  };
  for (const part of parts) {
    direct.length = 0;
    part.env({ addresses, secrets: testSecrets });
    // A service is told its own ports, and those of others only through legs.
    for (const used of direct) expect(used.split(" ")[0]).toBe(part.name);
    for (const need of part.needs) expect(parts.map(({ name }) => name)).toContain(need);
  }
  for (const { to, port } of legs) expect(parts.find(({ name }) => name === to)?.ports).toHaveProperty(port);
});

test("containers bring a replica behind a leg of its own, and watchers that no fault acts on", () => {
  const { parts, legs } = partsOf(1, { provider: "containers" });
  expect(parts).toEqual(["toxiproxy", "postgres", "redis", "postgres-replica", "vendor", "scores", "edge-1"]);
  expect(legs).toContain("postgres-replica.postgres");
  const addresses = {
    part: (name: string) => ({ host: name, port: 1 }),
    leg: (name: string) => ({ host: `leg ${name}`, port: 2 }),
  };
  for (const { kind, env } of topologyOf(1, { provider: "containers" }).parts) {
    // A fault on a leg must not blind what watches.
    if (kind === "observability")
      expect(JSON.stringify(env({ addresses, secrets: testSecrets }))).not.toContain("leg ");
  }
});
