import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import { until } from "../common/until.ts";
import { range, SseClient } from "./testing/sse-client.ts";
import { startTestStack, type TestStack, ticks } from "./testing/stack.ts";

/** Odds for 24 s: every test below watches a stretch of them. */
const tickMs = 20;
const redisLegs = ["scores.redis", "edge-1.redis", "edge-2.redis"];

let run: TestStack;
let urls: string[];

beforeAll(async () => {
  run = await startTestStack(2);
  urls = run.stack.edges.map(({ url }) => url);
  await run.stack.open(
    { id: "live-scores", design: "sse-redis", script: { items: [], odds: [ticks(60_000, tickMs)] } },
    { startAtUs: nowUs() },
  );
}, 30_000);

afterAll(() => run?.[Symbol.asyncDispose]());

/** The last number of the ledger now. */
async function ledgerSeq(): Promise<number> {
  return (await run.stack.ledger!.published(0)).at(-1)?.seq ?? 0;
}

async function figureOf(part: string) {
  return (await run.stack.figures()).find((figures) => figures.part === part)!;
}

/** Both edges have the same stream, whole, from the snapshot on: everything once and in order. */
async function expectWhole(clients: SseClient[], upTo: number): Promise<void> {
  for (const client of clients) {
    await client.untilId(upTo);
    expect(client.ended).toBe(false);
    expect(client.snapshots).toHaveLength(1);
    const ids = client.ids;
    expect(ids).toEqual(range(client.events[0]!.id + 1, ids.at(-1)!));
  }
}

test("Redis away for 3 s: clients stay, say nothing wrong, and get everything in order when it is back", async () => {
  const clients = await Promise.all(urls.map((url) => SseClient.open(url)));
  await clients[0]!.untilId((await ledgerSeq()) + 1);
  for (const leg of redisLegs) await run.toxiproxy.setEnabled(leg, false);
  await until(async () => (await figureOf("edge-1")).redisUp === 0, {
    withinMs: 2000,
    orElse: "redis_up stays 1",
  });
  const health = await fetch(`${urls[0]}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([200, { redis: "down" }]);
  const awayAt = await ledgerSeq();
  await using late = await SseClient.open(urls[1]!);
  await until(async () => (await ledgerSeq()) > awayAt + 3000 / tickMs, {
    withinMs: 8000,
    orElse: "the feed stood still",
  });
  const upTo = await ledgerSeq();
  expect(clients[0]!.lastId).toBeLessThan(upTo - 100);
  const backAtMs = performance.now();
  for (const leg of redisLegs) await run.toxiproxy.setEnabled(leg, true);
  await expectWhole([...clients, late], upTo);
  expect(performance.now() - backAtMs).toBeLessThan(2000);
  for (const client of clients) await client[Symbol.asyncDispose]();
}, 20_000);

test("a client from a better informed edge waits for its own edge, and sees nothing twice", async () => {
  await run.toxiproxy.setEnabled("edge-2.redis", false);
  await until(async () => (await figureOf("edge-2")).redisUp === 0, {
    withinMs: 2000,
    orElse: "redis_up stays 1",
  });
  const seen = (await ledgerSeq()) + 5;
  await using before = await SseClient.open(urls[0]!);
  await before.untilId(seen);
  const last = before.lastId;
  await using moved = await SseClient.open(urls[1]!, { lastEventId: last });
  await run.toxiproxy.setEnabled("edge-2.redis", true);
  await moved.untilId(last + 20);
  expect(moved.snapshots).toEqual([]);
  expect(moved.ids).toEqual(range(last + 1, moved.lastId));
}, 15_000);

test("a black hole before an edge is found by asking, and left for a new connection", async () => {
  const clients = await Promise.all(urls.map((url) => SseClient.open(url)));
  await clients[0]!.untilId((await ledgerSeq()) + 1);
  const toxics = (["upstream", "downstream"] as const).map((stream) => ({
    name: `hole_${stream}`,
    type: "timeout" as const,
    stream,
    toxicity: 1,
    attributes: { timeout: 0 },
  }));
  for (const toxic of toxics) await run.toxiproxy.addToxic("edge-1.redis", toxic);
  await until(async () => (await figureOf("edge-1")).redisUp === 0, {
    withinMs: 5000,
    orElse: "the edge did not notice that nothing comes",
  });
  const stuckAt = clients[0]!.lastId;
  await clients[1]!.untilId(stuckAt + 20);
  for (const { name } of toxics) await run.toxiproxy.removeToxic("edge-1.redis", name);
  await expectWhole(clients, (await ledgerSeq()) + 5);
  for (const client of clients) await client[Symbol.asyncDispose]();
}, 20_000);

test("PostgreSQL away: scores keeps what comes, and publishes it in order when it is back", async () => {
  await using client = await SseClient.open(urls[0]!);
  await client.untilId((await ledgerSeq()) + 1);
  await run.toxiproxy.setEnabled("scores.postgres", false);
  const awayAt = await ledgerSeq();
  await until(async () => (await ledgerSeq()) > awayAt + 60, {
    withinMs: 5000,
    orElse: "the feed stood still",
  });
  expect(client.lastId).toBeLessThan(awayAt + 20);
  const upTo = await ledgerSeq();
  await run.toxiproxy.setEnabled("scores.postgres", true);
  await expectWhole([client], upTo);
}, 15_000);

test("kill -9 of Redis: what it has lost is filled again, and a new edge knows all of it", async () => {
  const down: string[] = [];
  run.stack.onPartDown((part) => down.push(part));
  await using client = await SseClient.open(urls[0]!);
  await client.untilId((await ledgerSeq()) + 1);
  await run.stack.kill("redis");
  await delay(300);
  await run.stack.restart("redis");
  await expectWhole([client], (await ledgerSeq()) + 5);
  await run.stack.kill("edge-2");
  await run.stack.restart("edge-2");
  await using resumed = await SseClient.open(urls[1]!, { lastEventId: 2 });
  await resumed.untilId(await ledgerSeq());
  expect(resumed.ids).toEqual(range(3, resumed.lastId));
  expect(down).toEqual([]);
}, 20_000);

test("kill -9 of an edge: its client resumes elsewhere, and there again when it is back", async () => {
  const client = await SseClient.open(urls[1]!);
  await client.untilId((await ledgerSeq()) + 5);
  await run.stack.kill("edge-2");
  await until(() => client.ended, { withinMs: 2000, orElse: "the stream is still open" });
  expect((await figureOf("edge-2")).up).toBe(false);
  await using elsewhere = await SseClient.open(urls[0]!, { lastEventId: client.lastId });
  await run.stack.restart("edge-2");
  await elsewhere.untilId((await ledgerSeq()) + 5);
  expect(elsewhere.ids).toEqual(range(client.lastId + 1, elsewhere.lastId));
  const last = elsewhere.lastId;
  await using back = await SseClient.open(urls[1]!, { lastEventId: last });
  await back.untilId(last + 5);
  expect(back.ids).toEqual(range(last + 1, back.lastId));
}, 15_000);

test("kill -9 of scores and of the vendor: numbers go on where they were", async () => {
  await using client = await SseClient.open(urls[0]!);
  await client.untilId((await ledgerSeq()) + 1);
  await run.stack.kill("scores");
  await run.stack.restart("scores");
  await run.stack.kill("vendor");
  await run.stack.restart("vendor");
  const ledger = await run.stack.ledger!.published(0);
  expect(ledger.map(({ seq }) => seq)).toEqual(range(1, ledger.length));
  await expectWhole([client], ledger.length + 10);
}, 15_000);

test("a pause stops a part and all that it runs; it goes on where it was", async () => {
  await using client = await SseClient.open(urls[0]!);
  await client.untilId((await ledgerSeq()) + 1);
  await run.stack.pause("postgres");
  await delay(200);
  const stoodAt = client.lastId;
  await delay(500);
  expect(client.lastId).toBeLessThan(stoodAt + 5);
  await run.stack.unpause("postgres");
  await expectWhole([client], (await ledgerSeq()) + 5);
}, 15_000);
