import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../common/ports.ts";
import { promlint, promtoolIsThere, unlessPromtool } from "../common/testing/promtool.ts";
import { until } from "../common/until.ts";
import { startTestStack, type TestStack } from "./testing/stack.ts";
import { postgresUrl } from "./topology.ts";

let run: TestStack;
let publicUrl: string;
let metricsUrl: string;

beforeAll(async () => {
  run = await startTestStack(1);
  const proxies = await run.toxiproxy.list();
  const { secrets } = run.stack;
  const endpoint = (text: string) => {
    const [host, number] = text.split(":");
    return { host: host!, port: Number(number) };
  };
  const [port, metricsPort, nobody] = await freePorts(3);
  await run.lease.start({
    name: "observer",
    command: process.execPath,
    args: [join(import.meta.dirname, "services", "observer.ts")],
    env: {
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      CONTROL_TOKEN: secrets.control,
      REDIS_URL: `redis://:${secrets.redis}@${proxies.get("scores.redis")!.upstream}`,
      POSTGRES_URL: postgresUrl(endpoint(proxies.get("scores.postgres")!.upstream), "observer", secrets),
      // Locally there is no replica.
      REPLICA_URL: postgresUrl({ host: "127.0.0.1", port: nobody! }, "observer", secrets),
      TOXIPROXY_URL: `http://127.0.0.1:${nobody}`,
    },
    logFile: join(run.folder, "observer.log"),
  });
  publicUrl = `http://127.0.0.1:${port}`;
  metricsUrl = `http://127.0.0.1:${metricsPort}`;
  await until(async () => (await fetch(`${metricsUrl}/healthz`)).ok, {
    withinMs: 10_000,
    orElse: "the observer does not answer",
  });
}, 40_000);

afterAll(() => run?.[Symbol.asyncDispose]());

const asControl = () => ({ authorization: `Bearer ${run.stack.secrets.control}` });

async function scrape(): Promise<Map<string, number>> {
  // As Prometheus: an answer after a second is none.
  const response = await fetch(`${metricsUrl}/metrics`, { signal: AbortSignal.timeout(1000) });
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

const redisUp = 'matchday_redis_observed_up{part="redis"}';
const redisClients = 'matchday_redis_connected_clients{part="redis"}';

test("tells what Redis and PostgreSQL do, and that there is no replica", async () => {
  const figures = await scrape();
  expect(figures.get(redisUp)).toBe(1);
  // scores, an edge, and the observer itself.
  expect(figures.get(redisClients)).toBeGreaterThanOrEqual(3);
  expect(figures.get('matchday_redis_pubsub_clients{part="redis"}')).toBe(1);
  expect(figures.get('matchday_postgres_observed_up{part="postgres"}')).toBe(1);
  expect(figures.get('matchday_postgres_commits_total{part="postgres"}')).toBeGreaterThan(0);
  expect(figures.get('matchday_postgres_replica_up{part="postgres"}')).toBe(0);
  expect(figures.has('matchday_postgres_replication_lag_bytes{part="postgres"}')).toBe(false);
});

test.skipIf(!promtoolIsThere)(`its metrics are named as Prometheus names them${unlessPromtool}`, async () => {
  expect(promlint(await (await fetch(`${metricsUrl}/metrics`)).text())).toBe("");
});

test("a Redis that hangs costs its own figures, not the scrape", async () => {
  await run.stack.pause("redis");
  const hung = await scrape();
  expect(hung.get(redisUp)).toBe(0);
  expect(hung.has(redisClients)).toBe(false);
  expect(hung.get('matchday_postgres_observed_up{part="postgres"}')).toBe(1);
  await run.stack.unpause("redis");
  await until(async () => (await scrape()).get(redisUp) === 1, {
    withinMs: 5000,
    orElse: "Redis is back, but not observed",
  });
});

test("a PostgreSQL that was killed is observed again when it is back", async () => {
  await run.stack.kill("postgres");
  expect((await scrape()).get('matchday_postgres_observed_up{part="postgres"}')).toBe(0);
  await run.stack.restart("postgres");
  await until(async () => (await scrape()).get('matchday_postgres_observed_up{part="postgres"}') === 1, {
    withinMs: 5000,
    orElse: "PostgreSQL is back, but not observed",
  });
});

test("passes on what the harness says, the last of it only", async () => {
  const url = `${publicUrl}/v1/exposition`;
  const say = (body: string, type = "text/plain; version=0.0.4") =>
    fetch(url, { method: "POST", body, headers: { "content-type": type, ...asControl() } });
  await say("");
  expect(await (await fetch(url, { headers: asControl() })).text()).toBe("");
  expect((await say('matchday_phase{phase="fault"} 1\n')).status).toBe(204);
  expect((await say('matchday_phase{phase="after"} 1')).status).toBe(204);
  const answer = await fetch(url, { headers: asControl() });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toBe('matchday_phase{phase="after"} 1\n');
  expect((await say("{}", "application/json")).status).toBe(415);
  expect(await statusOfAnnounced(url, 9 * 1024 * 1024)).toBe(413);
});

/** The answer to a body that is announced and not sent: whoever sends it may meet the end of the connection first. */
async function statusOfAnnounced(url: string, bytes: number): Promise<number | undefined> {
  const headers = { "content-type": "text/plain", "content-length": String(bytes), ...asControl() };
  const asked = request(url, { method: "POST", headers });
  asked.flushHeaders();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  asked.on("error", () => {}).destroy();
  return answer.statusCode;
}
