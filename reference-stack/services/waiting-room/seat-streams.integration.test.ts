import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../../common/until.ts";
import { streamHead } from "../../edge-kit/frames.ts";
import { ServiceMetrics } from "../../service-kit/metrics.ts";
import { RedisLink } from "../../service-kit/redis-link.ts";
import { testPresale } from "../../testing/presale-script.ts";
import { range, SseClient } from "../../testing/sse-client.ts";
import { startTestRedis, type TestRedis } from "../../testing/test-redis.ts";
import { Holds } from "../box-office/holds.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { seatOf, seatsOf } from "../presale/seat-of.ts";
import { openSeats } from "../presale/seats-open.ts";
import { isFreeIn } from "./seat-map.ts";
import { SeatStreams } from "./seat-streams.ts";

interface Edge extends AsyncDisposable {
  url: string;
  streams: SeatStreams;
  link: RedisLink;
}

let redis: TestRedis;
const known = new Map<string, { presale: OpenPresale; json: string }>();
const edges: Edge[] = [];

/** An edge's part for seats, in this process. */
async function startEdge(): Promise<Edge> {
  const metrics = new ServiceMetrics("edge");
  const link = new RedisLink({ url: redis.url, metrics });
  link.start();
  await until(() => link.up, { withinMs: 5000, orElse: "Redis is not up" });
  const streams = new SeatStreams({
    ...{ redis: link, metrics, head: streamHead("edge") },
    presale: (event) => known.get(event),
    synced: () => true,
  });
  const server: Server = createServer((request, response) => {
    const [, event = ""] = /^\/api\/presales\/([\w-]+)\/seats\/stream/.exec(request.url ?? "") ?? [];
    streams.answer(request, response, event).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const edge = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    link,
    async [Symbol.asyncDispose]() {
      await streams.stop();
      server.closeAllConnections();
      server.close();
      await link.close();
    },
  };
  edges.push(edge);
  return edge;
}

beforeAll(async () => {
  redis = await startTestRedis();
}, 20_000);

afterAll(async () => {
  for (const edge of edges) await edge[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

let events = 0;

async function openPresale(size: { rows?: number; seatsPerRow?: number } = {}) {
  const script = testPresale({ event: `final-${++events}`, ...size });
  await openSeats(redis.client, script);
  known.set(script.event, { presale: script, json: JSON.stringify(script) });
  const holds = new Holds({ redis: { call: (_, ask) => ask(redis.client) } });
  const { event } = script;
  let lastKey = 0;
  return {
    event,
    script,
    path: `/api/presales/${event}/seats/stream`,
    hold: async (...seats: string[]) => {
      const request = { event, seats, buyer: `b-${++lastKey}`, idempotencyKey: "k" };
      const answer = await holds.hold({ ...request, holdMs: 60_000, purchaseLimit: 100 });
      if (answer.outcome !== "granted") throw new Error(answer.outcome);
      return { hold: answer.hold, buyer: request.buyer };
    },
    release: (held: { hold: string; buyer: string }) => holds.release({ event, ...held }),
    /** Seats that are free in Redis. */
    free: async () =>
      (
        await Promise.all(
          script.venue.sections.map(({ id }) => redis.client.sMembers(presaleKeys(event).free(id))),
        )
      )
        .flat()
        .sort(),
  };
}

/** The free seats by what a client has been told, from its last snapshot on. */
function freeBy({ venue }: OpenPresale, { events: told }: SseClient): string[] {
  const free = new Set<string>();
  const sections = new Map(venue.sections.map((section) => [section.id, section]));
  for (const { event, data } of told) {
    if (event === "snapshot") {
      free.clear();
      const snapshot = data as { sections: Record<string, { free: string }> };
      for (const section of venue.sections) {
        for (const [index, seat] of [...seatsOf(section)].entries()) {
          if (isFreeIn(snapshot.sections[section.id]!.free, index)) free.add(seat);
        }
      }
    } else {
      const delta = data as { state: string; seats: string[] };
      for (const seat of delta.seats) {
        expect(seatOf(sections, seat)).toBeDefined();
        if (delta.state === "free") free.add(seat);
        else free.delete(seat);
      }
    }
  }
  return [...free].sort();
}

test("begins with all seats, goes on with each change, in order", async () => {
  const { url } = await startEdge();
  const presale = await openPresale();
  await presale.hold("north-1-1");
  await using early = await SseClient.open(url, presale);
  const held = await presale.hold("north-1-2", "north-1-3");
  await early.untilId(2);
  await using late = await SseClient.open(url, presale);
  await presale.release(held);
  await presale.hold("south-2-5");
  for (const client of [early, late]) {
    await client.untilId(4);
    expect(client.snapshots).toHaveLength(1);
    expect(freeBy(presale.script, client)).toEqual(await presale.free());
  }
  expect([early.ids, late.ids]).toEqual([
    [2, 3, 4],
    [3, 4],
  ]);
});

test("a client that comes back has what it missed: from memory, and at another edge from Redis", async () => {
  const first = await startEdge();
  const presale = await openPresale();
  await using client = await SseClient.open(first.url, presale);
  for (const row of [1, 2]) for (const seat of [1, 2, 3]) await presale.hold(`north-${row}-${seat}`);
  await client.untilId(6);
  const second = await startEdge();
  for (const { url } of [first, second]) {
    await using back = await SseClient.open(url, { ...presale, lastEventId: 2 });
    await back.untilId(6);
    expect([back.snapshots, back.ids]).toEqual([[], [3, 4, 5, 6]]);
  }
  await presale.hold("south-1-1");
  await using ahead = await SseClient.open(second.url, { ...presale, lastEventId: 7 });
  await presale.hold("south-1-2");
  await ahead.untilId(8);
  expect([ahead.snapshots, ahead.ids]).toEqual([[], [8]]);
});

test.each([["9999"], ["-1"], ["1.5"], ["first"], ["99999999999999999999"]])(
  "a client that says it has seen %s gets the whole",
  async (lastEventId) => {
    const { url } = edges[0]!;
    const presale = await openPresale();
    await presale.hold("north-1-1");
    await using client = await SseClient.open(url, { ...presale, lastEventId });
    await client.untilId(1);
    expect(client.snapshots).toHaveLength(1);
    expect(freeBy(presale.script, client)).toEqual(await presale.free());
  },
);

test("what is no longer in Redis is made good by the whole", async () => {
  const presale = await openPresale();
  for (const seat of [1, 2, 3, 4]) await presale.hold(`north-1-${seat}`);
  await redis.client.xTrim(presaleKeys(presale.event).deltas, "MAXLEN", 1);
  await using client = await SseClient.open((await startEdge()).url, { ...presale, lastEventId: 1 });
  await client.untilId(4);
  expect([client.snapshots.length, client.ids]).toEqual([1, []]);
  expect(freeBy(presale.script, client)).toEqual(await presale.free());
});

test("a client that reads slowly costs a bounded backlog, and knows the truth when it reads on", async () => {
  const { url, streams } = await startEdge();
  const presale = await openPresale({ rows: 30, seatsPerRow: 50 });
  await using quick = await SseClient.open(url, presale);
  await using slow = await SseClient.open(url, presale);
  slow.stopReading();
  const seats = presale.script.venue.sections.flatMap((section) => [...seatsOf(section)]);
  let told = 0;
  const backlog = () => Math.max(0, ...[...streams.clients].map(({ socket }) => socket.writableLength));
  // The kernel takes some megabytes of a loopback connection; 100 seats are a frame of 1.2 KB.
  let most = 0;
  for (let round = 0; round < 60; round++) {
    const held = [];
    for (let from = 0; from < 3000; from += 100)
      held.push(await presale.hold(...seats.slice(from, from + 100)));
    for (const one of held) await presale.release(one);
    told += 60;
    await quick.untilId(told);
    most = Math.max(most, backlog());
    if (round === 59) await presale.hold("north-1-1");
  }
  // One tick of deltas more than where it counts as slow.
  expect(most).toBeLessThan(256 * 1024);
  expect([...streams.clients].map(({ mode }) => mode).toSorted()).toEqual(["live", "slow"]);
  slow.goOnReading();
  await slow.untilId(told + 1, 10_000);
  expect(freeBy(presale.script, slow)).toEqual(await presale.free());
  expect(quick.ids).toEqual(range(1, told + 1));
}, 60_000);

test("Redis away for 2 s: streams stay, and then everything comes in order", async () => {
  const { url, link } = await startEdge();
  const presale = await openPresale();
  await using client = await SseClient.open(url, presale);
  await presale.hold("north-1-1");
  await client.untilId(1);
  process.kill(redis.process.identity.pid, "SIGSTOP");
  try {
    await until(() => !link.up, { withinMs: 5000, orElse: "it is not noticed" });
  } finally {
    process.kill(redis.process.identity.pid, "SIGCONT");
  }
  for (const seat of [2, 3, 4]) await presale.hold(`north-1-${seat}`);
  await client.untilId(4);
  expect([client.ended, client.snapshots.length, client.ids]).toEqual([false, 1, [1, 2, 3, 4]]);
});

test("another presale of the same event ends the streams of the one before", async () => {
  const { url } = edges[0]!;
  const presale = await openPresale();
  await using client = await SseClient.open(url, presale);
  const script = { ...presale.script, seed: 8 };
  known.set(presale.event, { presale: script, json: JSON.stringify(script) });
  await until(() => client.ended, { withinMs: 2000, orElse: "the stream goes on" });
  await using again = await SseClient.open(url, presale);
  await until(() => again.snapshots.length === 1, { withinMs: 2000, orElse: "no snapshot" });
});

test("there are no seats of what is not on sale", async () => {
  const response = await fetch(`${edges[0]!.url}/api/presales/nothing/seats/stream`);
  expect([response.status, await response.json()]).toMatchObject([404, { code: "PRESALE_UNKNOWN" }]);
});
