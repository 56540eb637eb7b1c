/** Every port that a stack opens, tried without its secrets: by another user of the machine, and by a page in a browser. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isReady } from "./providers/readiness.ts";
import type { PostgresRole } from "./secrets.ts";
import { newRedisClient } from "./service-kit/redis-link.ts";
import { startTestStack, type TestStack } from "./testing/stack.ts";
import { type Endpoint, postgresDatabase, postgresUrl, topologyOf } from "./topology.ts";

const systems = ["live-scores", "box-office"] as const;
const stacks = new Map<string, TestStack>();

beforeAll(async () => {
  for (const system of systems) stacks.set(system, await startTestStack(1, system));
}, 60_000);

afterAll(async () => {
  for (const run of stacks.values()) await run[Symbol.asyncDispose]();
});

const control = [
  ...["GET", "POST"].map((method) => ({ method, port: "metrics", path: "/figures" })),
  ...["GET", "POST"].map((method) => ({ method, port: "metrics", path: "/spans" })),
];

/** Orders of each service, beside those of every control port. */
const orders: Record<string, { method: string; port: string; path: string }[]> = {
  vendor: [
    { method: "POST", port: "http", path: "/v1/feed" },
    { method: "GET", port: "http", path: "/feed?after=0" },
  ],
  scores: [
    { method: "POST", port: "http", path: "/v1/streams" },
    { method: "GET", port: "http", path: "/v1/ledger" },
  ],
  payments: [
    { method: "PUT", port: "http", path: "/v1/behaviour" },
    { method: "POST", port: "http", path: "/v1/charges" },
    { method: "POST", port: "http", path: "/v1/refunds" },
    { method: "GET", port: "http", path: "/v1/audit" },
  ],
  admission: [
    { method: "POST", port: "http", path: "/v1/presales" },
    { method: "DELETE", port: "http", path: "/v1/presales/final" },
    { method: "GET", port: "http", path: "/v1/presales/final/decisions" },
    { method: "POST", port: "http", path: "/v1/quiesce" },
    { method: "GET", port: "http", path: "/v1/audit" },
  ],
  "box-office-1": [
    { method: "POST", port: "metrics", path: "/v1/quiesce" },
    { method: "GET", port: "metrics", path: "/v1/audit" },
  ],
};

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** The path goes out as it is. */
async function ask(at: Endpoint, path: string, { method = "GET", headers = {}, body }: Sent = {}) {
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const request = httpRequest({ ...at, path, method, headers: { ...headers, ...length }, agent: false });
  request.end(body);
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode as number;
}

describe.each(systems)("%s", (system) => {
  const stack = () => stacks.get(system)!.stack;
  const { parts } = topologyOf(1, { system });
  const services = parts.filter(({ program }) => "service" in program).map(({ name }) => name);
  const spellings = (path: string) => [
    path,
    path.replace("/v1/", "/v%31/").replace("/f", "/%66").replace("/s", "/%73"),
    `http://elsewhere.example${path}`,
  ];

  test.each(services)("%s takes no order without the token of the stack", async (name) => {
    for (const { method, port, path } of [...control, ...(orders[name] ?? [])]) {
      const at = stack().addressOf(name, port);
      for (const spelt of spellings(path)) {
        for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
          for (const authorization of [undefined, "Bearer ", "Bearer x", "Basic eDp5"]) {
            const headers = { "content-type": type, ...(authorization ? { authorization } : {}) };
            const body = method === "GET" ? undefined : "{}";
            const status = await ask(at, spelt, { method, headers, ...(body ? { body } : {}) });
            expect([401, 404, 421], `${method} ${spelt}`).toContain(status);
          }
        }
      }
    }
  });

  test.each(services)(
    "%s tells its state to whoever watches, and to no name of somebody else's",
    async (name) => {
      const at = stack().addressOf(name, "metrics");
      for (const path of ["/healthz", "/metrics"]) {
        expect(await ask(at, path)).toBe(200);
        expect(await ask(at, path, { headers: { host: "evil.example" } })).toBe(421);
        expect(await ask(at, path, { headers: { origin: "http://evil.example" } })).toBe(403);
      }
    },
  );

  test("no service keeps a connection whose request never ends", { timeout: 30_000 }, async () => {
    const ports = services.flatMap((name) =>
      ["http", "metrics"].map((port) => stack().addressOf(name, port)),
    );
    const ends = ports.map(async (at) => {
      const socket = connect(at);
      socket.write("POST /v1/x HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      const drip = setInterval(() => socket.write("a"), 500);
      socket.on("error", () => {}).resume();
      await once(socket, "close");
      clearInterval(drip);
    });
    await Promise.all(ends);
  });

  test("Toxiproxy obeys nobody but us", async () => {
    const at = stack().addressOf("toxiproxy", "api");
    expect(await ask(at, "/version")).toBe(200);
    const wrong = { authorization: `Basic ${Buffer.from("matchday:").toString("base64")}` };
    for (const headers of [{}, wrong]) {
      for (const path of ["/proxies", "/proxies/", "//proxies", "/version/../proxies"])
        expect([401, 404], path).toContain(await ask(at, path, { headers }));
      expect(await ask(at, "/reset", { method: "POST", headers })).toBe(401);
      expect(await ask(at, "/version", { method: "POST", headers })).toBe(401);
    }
  });

  test("Redis wants its password", async () => {
    const { host, port } = stack().addressOf("redis", "redis");
    await expect(
      newRedisClient(`redis://${host}:${port}`)
        .on("error", () => {})
        .connect(),
    ).rejects.toThrow(/NOAUTH/);
    const guessed = newRedisClient(`redis://:guess@${host}:${port}`).on("error", () => {});
    await expect(guessed.connect()).rejects.toThrow(/WRONGPASS/);
  });

  test("PostgreSQL trusts nobody, and no service is its superuser", async () => {
    const at = stack().addressOf("postgres", "postgres");
    for (const user of ["matchday", "postgres", "scores", "box_office", "observer", "replication"]) {
      for (const password of [undefined, "", user]) {
        const client = new pg.Client({ ...at, user, password, database: postgresDatabase });
        await expect(client.connect(), `${user} ${password}`).rejects.toThrow();
      }
    }
    for (const role of ["scores", "box_office", "observer"] satisfies PostgresRole[]) {
      const client = new pg.Client(postgresUrl(at, role, stack().secrets));
      await client.connect();
      try {
        for (const forbidden of [
          "COPY (SELECT 1) TO PROGRAM 'true'",
          "COPY (SELECT 1) TO '/tmp/matchday-out'",
          "SELECT pg_read_file('/etc/passwd')",
          "CREATE ROLE more SUPERUSER",
          "ALTER SYSTEM SET port = 1",
          "SELECT rolpassword FROM pg_authid",
        ])
          await expect(client.query(forbidden), `${role}: ${forbidden}`).rejects.toThrow(
            /permission denied|must be/,
          );
      } finally {
        await client.end();
      }
    }
  });

  test("what has the secrets is let in", async () => {
    const { secrets } = stack();
    for (const { name, ready } of parts)
      expect(await isReady(ready, stack().addressOf(name, ready.port), secrets), name).toBe(true);
    const headers = { authorization: `Bearer ${secrets.control}` };
    for (const name of services)
      expect(await ask(stack().addressOf(name, "metrics"), "/figures", { headers })).toBe(200);
  });
});
