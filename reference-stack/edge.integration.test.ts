import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StreamSnapshot } from "../common/match-day.ts";
import { until } from "../common/until.ts";
import { DirectPublisher } from "./testing/direct-publisher.ts";
import { range, SseClient } from "./testing/sse-client.ts";
import { startTestStack, type TestStack } from "./testing/stack.ts";

let run: TestStack;
let edge: string;

beforeAll(async () => {
  run = await startTestStack(1);
  edge = run.stack.edges[0]!.url;
}, 30_000);

afterAll(() => run?.[Symbol.asyncDispose]());

async function publisherOf(match: string): Promise<DirectPublisher> {
  const publisher = await DirectPublisher.start(run, match);
  await until(async () => (await fetch(`${edge}/api/match/${match}/state`)).status === 200, {
    withinMs: 3000,
    orElse: `${edge} does not know ${match}`,
  });
  return publisher;
}

/** Says what it is told on a bare connection, and returns what comes back until the other side ends. */
async function say(pieces: string[], pauseMs = 0): Promise<string> {
  const { hostname, port } = new URL(edge);
  const socket = connect({ host: hostname, port: Number(port) });
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  await once(socket, "connect");
  for (const piece of pieces) {
    socket.write(piece);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await once(socket, "close");
  return answer;
}

describe("a fresh stream", () => {
  test("is a snapshot, then every event after it, however busy the publisher is", async () => {
    await using publisher = await publisherOf("busy");
    let publishing = true;
    const done = (async () => {
      while (publishing) await publisher.publish(3);
    })();
    const clients: SseClient[] = [];
    for (let index = 0; index < 60; index++) clients.push(await SseClient.open(edge, { match: "busy" }));
    publishing = false;
    await done;
    for (const client of clients) {
      await client.untilId(publisher.seq);
      expect(client.snapshots).toHaveLength(1);
      expect(client.events[0]?.event).toBe("snapshot");
      const from = client.events[0]!.id;
      expect(client.ids).toEqual(range(from + 1, publisher.seq));
      await client[Symbol.asyncDispose]();
    }
    expect(clients.at(-1)!.events[0]!.id).toBeGreaterThan(clients[0]!.events[0]!.id);
  }, 15_000);

  test("is the same when the request comes byte by byte", async () => {
    await using publisher = await publisherOf("pieces");
    await publisher.publish(2);
    const { hostname, port } = new URL(edge);
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    const request = "GET /api/match/pieces/events HTTP/1.1\r\nHost: x\r\nlast-event-id: 1\r\n\r\n";
    for (const byte of request) socket.write(byte) || (await once(socket, "drain"));
    await until(() => answer.includes("id: 2\n"), { withinMs: 3000, orElse: "no stream" });
    expect(answer).toContain("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream");
    expect(answer).not.toContain("snapshot");
    await publisher.publish(1);
    await until(() => answer.includes("id: 3\n"), { withinMs: 3000, orElse: "no event" });
    socket.destroy();
  });
});

describe("a resumed stream", () => {
  test("has exactly what was missed, from memory", async () => {
    await using publisher = await publisherOf("resume");
    await publisher.publish(50);
    await until(async () => (await state("resume")).seq === 50, {
      withinMs: 3000,
      orElse: "50 is not there",
    });
    for (const last of [0, 1, 17, 49]) {
      await using client = await SseClient.open(edge, { match: "resume", lastEventId: last });
      await client.untilId(50);
      expect(client.ids).toEqual(range(last + 1, 50));
      expect(client.snapshots).toEqual([]);
    }
    await using current = await SseClient.open(edge, { match: "resume", lastEventId: 50 });
    await publisher.publish(1);
    await current.untilId(51);
    expect(current.events.map(({ id }) => id)).toEqual([51]);
  });

  test("goes back to the Redis Stream for what memory no longer holds", async () => {
    await using publisher = await publisherOf("long");
    for (let batch = 0; batch < 9; batch++) await publisher.publish(500);
    await until(async () => (await state("long")).seq === 4500, {
      withinMs: 5000,
      orElse: "4500 is not there",
    });
    const clients = await Promise.all(
      range(1, 5).map(() => SseClient.open(edge, { match: "long", lastEventId: 3 })),
    );
    await publisher.publish(5);
    for (const client of clients) {
      await client.untilId(4505);
      expect(client.ids).toEqual(range(4, 4505));
      expect(client.snapshots).toEqual([]);
      await client[Symbol.asyncDispose]();
    }
  }, 15_000);

  test("begins with a snapshot where its id is from the future, or none", async () => {
    await using publisher = await publisherOf("odd");
    await publisher.publish(3);
    await until(async () => (await state("odd")).seq === 3, { withinMs: 3000, orElse: "3 is not there" });
    for (const lastEventId of ["4", "99999", "-1", "1e3", "abc", "5 OR 1", ""]) {
      await using client = await SseClient.open(edge, { match: "odd", lastEventId });
      await until(() => client.events.length > 0, {
        withinMs: 3000,
        orElse: `nothing came for ${lastEventId}`,
      });
      expect(client.events).toMatchObject([{ event: "snapshot", id: 3 }]);
    }
  });
});

test("an event for one client goes to that client only, live and resumed", async () => {
  await using publisher = await publisherOf("private");
  await publisher.publish(1);
  await until(async () => (await state("private")).seq === 1, { withinMs: 3000, orElse: "1 is not there" });
  await using seven = await SseClient.open(edge, { match: "private", query: "?client=7" });
  await using eight = await SseClient.open(edge, { match: "private", headers: { "X-Client-Id": "8" } });
  await publisher.publish(1, { to: 7 });
  await publisher.publish(1);
  await seven.untilId(3);
  await eight.untilId(3);
  expect(seven.ids).toEqual([2, 3]);
  expect(eight.ids).toEqual([3]);
  await using resumed = await SseClient.open(edge, { match: "private", lastEventId: 0, query: "?client=8" });
  await using own = await SseClient.open(edge, { match: "private", lastEventId: 0, query: "?client=7" });
  await resumed.untilId(3);
  await own.untilId(3);
  expect(resumed.ids).toEqual([1, 3]);
  expect(own.ids).toEqual([1, 2, 3]);
});

test("a client that does not read is cut over to the newest state, and holds nobody up", async () => {
  await using publisher = await publisherOf("slow");
  await using slow = await SseClient.open(edge, { match: "slow" });
  await using fast = await SseClient.open(edge, { match: "slow" });
  await until(() => slow.events.length === 1 && fast.events.length === 1, {
    withinMs: 3000,
    orElse: "no snapshot",
  });
  slow.stopReading();
  // Loopback sockets take some megabytes before a byte waits in the process.
  const reason = "x".repeat(20_000);
  for (let batch = 0; batch < 60; batch++) {
    await publisher.publish(10, { reason });
    await fast.untilId(publisher.seq);
  }
  expect(fast.ids).toEqual(range(1, 600));
  const [cut] = (await run.stack.figures()).filter(({ part }) => part === "edge-1");
  expect(cut?.slowClients).toBe(1);
  // What waits is the limit and the one piece that went over it.
  expect(cut?.backlogBytes).toBeLessThan(64 * 1024 + 11 * 20_500);
  slow.goOnReading();
  await slow.untilId(600);
  const last = slow.events.at(-1)!;
  expect(last).toMatchObject({ event: "snapshot", id: 600 });
  const before = slow.ids;
  expect(before).toEqual(range(1, before.length));
  expect(before.length).toBeLessThan(600);
  await publisher.publish(1);
  await slow.untilId(601);
  expect(slow.events.at(-1)).toMatchObject({ event: "correction", id: 601 });
}, 20_000);

async function state(match: string): Promise<StreamSnapshot> {
  return (await fetch(`${edge}/api/match/${match}/state`)).json() as Promise<StreamSnapshot>;
}

describe("plain requests", () => {
  test("the state has its number as a tag, and is not sent twice", async () => {
    await using publisher = await publisherOf("tag");
    await publisher.publish(4);
    await until(async () => (await state("tag")).seq === 4, { withinMs: 3000, orElse: "4 is not there" });
    const answer = await fetch(`${edge}/api/match/tag/state`);
    expect(answer.headers.get("etag")).toBe('"4"');
    expect(answer.headers.get("x-seq")).toBe("4");
    expect(await answer.json()).toMatchObject({ v: 1, stream: "match:tag", seq: 4, class: "snapshot" });
    const again = await fetch(`${edge}/api/match/tag/state`, { headers: { "if-none-match": '"4"' } });
    expect(again.status).toBe(304);
  });

  test.each([
    ["GET", "/api/match/nobody/state", 404, "MATCH_UNKNOWN"],
    ["GET", "/api/match/nobody/events", 404, "MATCH_UNKNOWN"],
    ["GET", "/api/match/a%20b/state", 400, "MATCH_INVALID"],
    ["GET", "/api/match//events", 400, "MATCH_INVALID"],
    ["POST", "/api/match/nobody/events", 405, "METHOD_NOT_ALLOWED"],
    ["DELETE", "/api/match/nobody/state", 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/", 404, "NOT_FOUND"],
  ])("%s %s is %i %s", async (method, path, status, code) => {
    const answer = await fetch(edge + path, { method });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  test("HEAD has no body; HTTP/1.0 gets no stream; nonsense is refused", async () => {
    await using publisher = await publisherOf("plain");
    expect(publisher.seq).toBe(0);
    const head = await fetch(`${edge}/api/match/plain/events`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(await say(["GET /api/match/plain/events HTTP/1.0\r\n\r\n"])).toContain("505");
    expect(await say(["\u0016\u0003\u0001 this is no HTTP\r\n\r\n"])).toContain("400 Bad Request");
    expect(await say(["GET /api/match/plain/events HTTP/1.1\r\n\r\n"])).toContain("400 Bad Request");
  });
});
