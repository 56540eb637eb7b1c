import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import type { AuditEntry, Decision } from "../common/presale.ts";
import { seeded } from "../common/seeded.ts";
import { until } from "../common/until.ts";
import { presaleKeys } from "./services/presale/redis-names.ts";
import type { OpenPresale } from "./services/presale/script-schema.ts";
import { Tokens } from "./services/presale/tokens.ts";
import { testPresale } from "./testing/presale-script.ts";
import { startTestService, type TestService } from "./testing/presale-services.ts";
import { QueueClient } from "./testing/queue-client.ts";
import { pick } from "./testing/random.ts";
import { startTestRedis, type TestRedis } from "./testing/test-redis.ts";
import { asControl, testSecrets } from "./testing/test-secrets.ts";

let redis: TestRedis;
let edges: TestService[];
let admission: TestService;
let nextEvent = 0;
let event: string;
const tokens = new Tokens(testSecrets.tickets);

beforeAll(async () => {
  redis = await startTestRedis();
  [admission, ...edges] = (await Promise.all([
    startTestService(redis, "admission", "admission"),
    startTestService(redis, "waiting-room", "edge-1"),
    startTestService(redis, "waiting-room", "edge-2"),
  ])) as [TestService, TestService, TestService];
}, 60_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

beforeEach(() => {
  event = `final-${++nextEvent}`;
});

/** Nobody is let in, unless told. */
const closed = {
  fromMs: 0,
  startPerSecond: 0.001,
  minPerSecond: 0.001,
  maxPerSecond: 0.001,
  targetConflictRate: 0.1,
};
const steady = (perSecond: number) => ({ ...closed, startPerSecond: perSecond, maxPerSecond: perSecond });
/** Not so few seats that they set the rate. */
const largeHouse = { rows: 50, seatsPerRow: 50 };

async function openPresale(given: Parameters<typeof testPresale>[0] = {}): Promise<OpenPresale> {
  const script = testPresale({ event, admission: closed, ...given });
  const answer = await post("/v1/presales", script);
  expect(answer.status).toBe(201);
  await until(
    async () => {
      const known = await Promise.all(edges.map(async ({ url }) => (await fetch(`${url}/healthz`)).json()));
      return known.every((health) => (health as { presales: string[] }).presales.includes(script.event));
    },
    { withinMs: 5000, orElse: "the edges do not know the presale" },
  );
  return script;
}

const post = (path: string, body: unknown) =>
  fetch(`${admission.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...asControl },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function audit(): Promise<AuditEntry[]> {
  const text = await (await fetch(`${admission.url}/v1/audit`, { headers: asControl })).text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditEntry);
}

async function places(): Promise<Extract<AuditEntry, { type: "place" }>[]> {
  // Presales of other tests stand beside it: an entry has no event of its own, but comes after its presale's.
  const entries = await audit();
  const from = entries.findIndex((entry) => entry.type === "presale" && entry.script.event === event);
  const to = entries.findIndex((entry, index) => index > from && entry.type === "presale");
  return entries.slice(from, to === -1 ? undefined : to).filter((entry) => entry.type === "place");
}

/** All that a presale has in Redis, to see that nothing has changed. */
async function state(): Promise<string> {
  const { queue, places: known, next, fingerprints, admitted, left } = presaleKeys(event);
  const { client } = redis;
  return JSON.stringify([
    await client.zRangeWithScores(queue, 0, -1),
    await client.hGetAll(known),
    await client.get(next),
    await client.hGetAll(fingerprints),
    await client.hGetAll(admitted),
    await client.hGetAll(left),
  ]);
}

const edgeOf = (index: number) => edges[index % edges.length]!.url;
const buyers = (count: number) => Array.from({ length: count }, (_, index) => `b-${index}`);

describe("joins", () => {
  test("5,000 at once, some of them twice: one place each, without gaps, in the order of their joins", async () => {
    await openPresale();
    const clients = buyers(5000).map((buyer, index) => QueueClient.open(edgeOf(index), { event, buyer }));
    // The same buyer again at once, at the other edge.
    const again = buyers(200).map((buyer, index) => QueueClient.open(edgeOf(index + 1), { event, buyer }));
    const joined = await Promise.all(clients.map((client) => client.event("joined", 30_000)));
    const twice = await Promise.all(again.map((client) => client.event("joined", 30_000)));

    expect(new Set(joined.map(({ ordinal }) => ordinal)).size).toBe(5000);
    expect(Math.max(...joined.map(({ ordinal }) => Number(ordinal)))).toBe(5000);
    const byTime = joined.toSorted((one, other) => Number(one.joinedAtUs) - Number(other.joinedAtUs));
    expect(byTime.map(({ ordinal }) => ordinal)).toEqual(
      Array.from({ length: 5000 }, (_, index) => index + 1),
    );
    expect(new Set(joined.map(({ joinedAtUs }) => joinedAtUs)).size).toBe(5000);
    for (const [index, { ordinal, joinedAtUs, ticket }] of twice.entries()) {
      expect({ ordinal, joinedAtUs, ticket }).toEqual({
        ordinal: joined[index]!.ordinal,
        joinedAtUs: joined[index]!.joinedAtUs,
        ticket: joined[index]!.ticket,
      });
    }
    const told = new Map(
      joined.map(({ ordinal, joinedAtUs }, index) => [`b-${index}`, [ordinal, joinedAtUs]]),
    );
    const stored = (await places()).map(({ buyer, ordinal, joinedAtUs }) => [buyer, [ordinal, joinedAtUs]]);
    expect(new Map(stored as [string, [number, number]][])).toEqual(told);
    for (const client of [...clients, ...again]) client.socket.destroy();
  }, 60_000);

  test("a ticket brings back the same place, at any edge; each position says how old it is", async () => {
    await openPresale();
    const first = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
    const { ticket, ordinal } = await first.event("joined");
    await using same = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", ticket: "" });
    expect(await same.event("joined")).toMatchObject({ ordinal, ticket });
    await using back = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", ticket: String(ticket) });
    expect(await back.event("position")).toMatchObject({ position: ordinal });
    await back.until(() => back.all("position").length >= 3);
    const ages = back.events
      .filter(({ event: name }) => name === "position")
      .map(({ data }) => (nowUs() - Number(data.asOfUs)) / 1000);
    expect(ages.at(-1)).toBeLessThan(2000);
    expect(back.all("joined")).toEqual([]);
    await first[Symbol.asyncDispose]();
  });

  test("a buyer's name alone gives nobody its ticket; its secret gives it again, wherever and whenever", async () => {
    await openPresale({ ...largeHouse, admission: steady(100) });
    await using ann = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
    const { ticket, ordinal } = await ann.event("joined");
    await ann.event("admitted");
    const before = await state();
    expect(before).not.toContain("the-secret-of-ann");
    for (const secret of ["the-secret-of-eve", "the-secret-of-anm", "the-secret-of-ann-too"]) {
      const eve = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", secret });
      expect([eve.status, eve.code, eve.events]).toEqual([409, "BUYER_TAKEN", []]);
    }
    const nobody = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", secret: "" });
    expect([nobody.status, nobody.code]).toEqual([400, "SECRET_INVALID"]);
    await using again = await QueueClient.answered(edgeOf(1), { event, buyer: "ann" });
    expect(await again.event("joined")).toMatchObject({ ticket, ordinal });
    await again.event("admitted");
    // The ticket is a secret itself.
    await using back = await QueueClient.answered(edgeOf(1), {
      ...{ event, buyer: "ann", ticket: String(ticket), secret: "" },
    });
    await back.event("admitted");
    expect(await state()).toBe(before);
  });

  test("of those who join under one name at once, one secret has the place", async () => {
    await openPresale();
    const clients = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        // Some of them in one call of one edge, others at the other.
        QueueClient.answered(edgeOf(index), {
          ...{ event, buyer: "ann", secret: `the-secret-of-${index % 4 < 2 ? "ann" : "eve"}` },
        }),
      ),
    );
    expect(clients.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(clients.filter(({ code }) => code === "BUYER_TAKEN")).toHaveLength(20);
    expect(new Set(clients.map(({ status }, index) => `${status} ${index % 4 < 2}`)).size).toBe(2);
    expect(await places()).toMatchObject([{ buyer: "ann", ordinal: 1 }]);
    for (const client of clients) client.socket.destroy();
  });

  test("a place that is given up is nobody's; the buyer may join again, behind all others", async () => {
    await openPresale();
    await using ann = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
    await using bob = await QueueClient.answered(edgeOf(0), { event, buyer: "bob" });
    const { ticket } = await ann.event("joined");
    await bob.event("joined");
    const leave = (text: unknown) =>
      fetch(`${edgeOf(1)}/api/presales/${event}/queue?buyer=ann&ticket=${text}`, { method: "DELETE" });
    expect((await leave(ticket)).status).toBe(204);
    expect((await leave(ticket)).status).toBe(204);
    expect((await leave("forged")).status).toBe(401);
    expect(await places()).toMatchObject([
      { buyer: "ann", ordinal: 1, left: true },
      { buyer: "bob", ordinal: 2 },
    ]);
    const old = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", ticket: String(ticket) });
    expect([old.status, old.code]).toEqual([401, "TICKET_INVALID"]);
    const secret = "another-secret-of-ann";
    await using again = await QueueClient.answered(edgeOf(1), { event, buyer: "ann", secret });
    expect(await again.event("joined")).toMatchObject({ ordinal: 3 });
  });
});

describe("what is refused leaves the queue as it was", () => {
  test("forged, foreign and malformed requests", async () => {
    await openPresale();
    await using ann = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
    const ticket = String((await ann.event("joined")).ticket);
    const before = await state();
    const forged = new Tokens("a secret that somebody guessed");
    const cases: [Parameters<typeof QueueClient.open>[1], number, string][] = [
      [{ buyer: "eve", ticket }, 401, "TICKET_INVALID"],
      [{ buyer: "ann", ticket: `${ticket}x` }, 401, "TICKET_INVALID"],
      [{ buyer: "ann", ticket: forged.ticket({ event, buyer: "ann", ordinal: 1 }) }, 401, "TICKET_INVALID"],
      [
        { buyer: "ann", ticket: tokens.ticket({ event: "semi", buyer: "ann", ordinal: 1 }) },
        401,
        "TICKET_INVALID",
      ],
      // True by its signature, of a queue that is no more.
      [{ buyer: "eve", ticket: tokens.ticket({ event, buyer: "eve", ordinal: 1 }) }, 401, "TICKET_INVALID"],
      [{ buyer: "eve", challenge: "0".repeat(64) }, 403, "CHALLENGE_FAILED"],
      [{ buyer: "eve", challenge: "" }, 403, "CHALLENGE_FAILED"],
      [{ buyer: "", challenge: "x" }, 400, "BUYER_INVALID"],
      [{ buyer: "a.b" }, 400, "BUYER_INVALID"],
      [{ buyer: "x".repeat(65) }, 400, "BUYER_INVALID"],
      [{ buyer: "eve", fingerprint: "a b" }, 400, "FINGERPRINT_INVALID"],
      [{ buyer: "eve", fingerprint: "x".repeat(9000) }, 400, "FINGERPRINT_INVALID"],
      [{ buyer: "ann", secret: "the-secret-of-eve" }, 409, "BUYER_TAKEN"],
      [{ buyer: "eve", secret: "too-short" }, 400, "SECRET_INVALID"],
      [{ buyer: "eve", event: "nobody" }, 404, "PRESALE_UNKNOWN"],
      [{ buyer: "eve", headers: [`X-Long: ${"x".repeat(20_000)}`] }, 431, "HEADERS_TOO_LARGE"],
    ];
    for (const [request, status, code] of cases) {
      const client = await QueueClient.answered(edgeOf(1), { event, ...request });
      expect([client.status, client.code, request.buyer]).toEqual([status, code, request.buyer]);
      client.socket.destroy();
    }
    const wrong = await fetch(`${edgeOf(0)}/api/presales/${event}/queue?buyer=eve`, { method: "POST" });
    expect(wrong.status).toBe(405);
    expect(await state()).toBe(before);
    const refused = await edges[1]!.metric("matchday_joins_refused_total");
    expect(Object.keys(refused).join()).toContain("challenge_failed");
  });

  test("one fingerprint joins as often as it may, also when all come at once", async () => {
    await openPresale({ fingerprintLimit: 20 });
    const bots = buyers(60).map((buyer, index) =>
      QueueClient.answered(edgeOf(index), { event, buyer, fingerprint: "farm" }),
    );
    const answers = (await Promise.all(bots)).map(({ status, code }) => code ?? status);
    expect(answers.filter((answer) => answer === 200)).toHaveLength(20);
    expect(answers.filter((answer) => answer === "FINGERPRINT_LIMIT")).toHaveLength(40);
    // Whoever is in comes back without a second count.
    const there = (await places())[0]!.buyer;
    const back = await QueueClient.answered(edgeOf(0), { event, buyer: there, fingerprint: "farm" });
    expect(back.status).toBe(200);
    expect(await places()).toHaveLength(20);
    for (const bot of await Promise.all(bots)) bot.socket.destroy();
    back.socket.destroy();
  });

  test("before the doors open", async () => {
    await openPresale({ openAtUs: nowUs() + 1_500_000 });
    const early = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
    expect([early.status, early.code]).toEqual([425, "NOT_OPEN"]);
    expect(await places()).toEqual([]);
    await until(async () => (await QueueClient.answered(edgeOf(0), { event, buyer: "ann" })).status === 200, {
      withinMs: 4000,
      orElse: "the doors stay shut",
    });
  });

  test("presales that make no sense, or are there already", async () => {
    const script = await openPresale();
    const answerOf = async (body: unknown) => {
      const answer = await post("/v1/presales", body);
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await answerOf(script)).toEqual([409, "PRESALE_OPEN"]);
    expect(await answerOf({ ...script, event: "a:b" })).toEqual([400, "PRESALE_INVALID"]);
    expect(await answerOf({})).toEqual([400, "PRESALE_INVALID"]);
    expect(await answerOf("{")).toEqual([400, "BODY_INVALID"]);
    expect(await answerOf("x".repeat(2_000_000))).toEqual([413, "BODY_TOO_LARGE"]);
    const other = testPresale({ event: `${event}-b` });
    const all = await Promise.all([1, 2, 3].map(() => post("/v1/presales", other)));
    expect(all.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect(
      (await fetch(`${admission.url}/v1/presales/${event}-b`, { method: "DELETE", headers: asControl }))
        .status,
    ).toBe(204);
    expect(
      (await fetch(`${admission.url}/v1/presales/${event}-b`, { method: "DELETE", headers: asControl }))
        .status,
    ).toBe(404);
    expect(await redis.client.keys(`presale:${event}-b:*`)).toEqual([]);
  });
});

test("whatever a stranger says is answered in kind, and changes nothing", async () => {
  await openPresale();
  await using ann = await QueueClient.answered(edgeOf(0), { event, buyer: "ann" });
  const ticket = String((await ann.event("joined")).ticket);
  const before = await state();
  const random = seeded(11);
  const { hostname, port } = new URL(edgeOf(0));
  const pieces = [
    ...["GET", "DELETE", "POST", "get", "OPTIONS"],
    ...[
      " ",
      "/",
      "?",
      "&",
      "=",
      "..",
      "%00",
      "%2e%2e",
      "%",
      "\u00ff",
      "{}",
      "\r\n",
      "\r\n\r\n",
      "\n",
      ":",
      "\0",
    ],
    ...[
      "/api/presales/",
      event,
      "/queue",
      "/seats/stream",
      "?buyer=",
      "ann",
      "eve",
      "&ticket=",
      ticket,
      "v1.",
    ],
    ...[
      " HTTP/1.1",
      " HTTP/1.0",
      " HTTP/9",
      "Host: a",
      "X-Challenge: ",
      "X-Fingerprint: ",
      "X-Buyer-Secret: ",
      "Content-Length: 9",
    ],
    ...["x".repeat(300), "Transfer-Encoding: chunked", "Last-Event-ID: -1", "9".repeat(40)],
  ];
  const sent = Array.from({ length: 400 }, () => {
    const whole = `GET /api/presales/${event}/queue?buyer=eve&ticket=${ticket} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const at = Math.floor(random() * whole.length);
    const some = Array.from({ length: Math.floor(random() * 6) }, () => pick(random, pieces)).join("");
    return random() < 0.5 ? `${some}\r\n\r\n` : whole.slice(0, at) + some + whole.slice(at + some.length);
  });
  const statuses = new Set<number>();
  await Promise.all(
    sent.map(async (text) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      socket.on("data", (data) =>
        statuses.add(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString("latin1"))?.[1] ?? 0)),
      );
      socket.end(text, "latin1");
      await once(socket, "close").catch(() => {});
    }),
  );
  expect([...statuses].filter((status) => status >= 500 && status !== 503 && status !== 505)).toEqual([]);
  expect(statuses.size).toBeGreaterThan(2);
  expect(await state()).toBe(before);
  expect(ann.closed).toBe(false);
}, 20_000);

describe("admission", () => {
  test("lets buyers in at its rate, each once and in order, whatever dies meanwhile", async () => {
    const script = await openPresale({ ...largeHouse, admission: steady(100) });
    const clients = buyers(600).map((buyer, index) => QueueClient.open(edgeOf(index), { event, buyer }));
    await Promise.all(clients.map((client) => client.event("joined", 20_000)));
    await admission.restart();
    const back = clients.filter((_, index) => index % 2 === 0);
    await edges[0]!.restart();
    await Promise.all(back.map((client) => client.until(() => client.closed)));
    // Those of the edge that died come back with their tickets, at the other one.
    const resumed = await Promise.all(
      back.map(async (client, index) => {
        const { ticket, ordinal } = await client.event("joined");
        const again = QueueClient.open(edgeOf(1), { event, buyer: `b-${index * 2}`, ticket: String(ticket) });
        const admitted = await again.event("admitted", 20_000);
        expect(admitted.ordinal).toBe(ordinal);
        return again;
      }),
    );
    const stayed = clients.filter((_, index) => index % 2 === 1);
    await Promise.all(stayed.map((client) => client.event("admitted", 20_000)));
    for (const client of [...stayed, ...resumed]) {
      expect(client.all("admitted")).toHaveLength(1);
      const { admission: token, expiresAtUs } = client.all("admitted")[0]!;
      expect(tokens.readAdmission(String(token))).toMatchObject({ event, expiresAtUs });
      client.socket.destroy();
    }
    const all = await places();
    expect(all).toHaveLength(600);
    const inOrder = all.toSorted((one, other) => one.admittedAs! - other.admittedAs!);
    expect(inOrder.map(({ admittedAs }) => admittedAs)).toEqual(all.map((_, index) => index + 1));
    expect(inOrder.map(({ ordinal }) => ordinal)).toEqual(all.map((_, index) => index + 1));
    for (const { admittedAtUs } of all) expect(admittedAtUs).toBeGreaterThan(script.openAtUs);
    const [first, last] = [inOrder[0]!, inOrder.at(-1)!];
    const seconds = (last.admittedAtUs! - first.admittedAtUs!) / 1e6;
    // The restart of the controller takes a while in which nobody is let in.
    expect(600 / seconds).toBeLessThan(110);
    expect((await audit()).some(({ type }) => type === "decision")).toBe(true);
  }, 60_000);

  test("ends when all is sold: those who wait hear it, and late ones at once", async () => {
    const script = await openPresale({ admission: steady(20), rows: 1, seatsPerRow: 2 });
    const early = buyers(5).map((buyer) => QueueClient.open(edgeOf(0), { event, buyer }));
    await early[0]!.event("admitted");
    const keys = presaleKeys(event);
    // A house that is held is not sold: nobody is let in, and nobody is sent home.
    const seats = script.venue.sections.flatMap(({ id }) => [`${id}-1-1`, `${id}-1-2`]);
    for (const seat of seats) await redis.client.hSet(keys.seats, seat, "held:h1");
    await redis.client.zAdd(keys.holds, { score: nowUs() + 60e6, value: "h1" });
    const status = async () =>
      (await (await fetch(`${admission.url}/v1/presales/${event}`, { headers: asControl })).json()) as Record<
        string,
        unknown
      >;
    await until(async () => (await status()).perSecond === 0, { withinMs: 4000, orElse: "it goes on" });
    await using waiting = await QueueClient.answered(edgeOf(1), { event, buyer: "late" });
    await waiting.event("joined");
    expect(await status()).toMatchObject({ soldOut: false, seatsFree: 0 });
    for (const seat of seats) await redis.client.hSet(keys.seats, seat, "sold:k1:b-0");
    await redis.client.zRem(keys.holds, "h1");
    const { asOfUs } = await waiting.event("sold-out");
    expect(Number(asOfUs)).toBeGreaterThan(script.openAtUs);
    await using later = await QueueClient.answered(edgeOf(1), { event, buyer: "later" });
    expect((await later.event("sold-out")).asOfUs).toBe(asOfUs);
    expect(later.all("joined")).toEqual([]);
    expect(await status()).toMatchObject({ soldOut: true });
    const decided = async (query: string) =>
      await fetch(`${admission.url}/v1/presales/${event}/decisions${query}`, { headers: asControl });
    const decisions = (await (await decided("")).json()) as Decision[];
    expect(decisions.at(-1)).toMatchObject({
      perSecond: 0,
      reason: expect.stringContaining("no seat is free"),
    });
    expect(await (await decided(`?afterUs=${decisions.at(-2)!.atUs}`)).json()).toEqual([decisions.at(-1)]);
    expect((await decided("?afterUs=soon")).status).toBe(400);
    for (const client of early) client.socket.destroy();
  }, 20_000);
});

test("with Redis away for 3 s streams stay, joins wait, positions say how old they are, and nobody is lost", async () => {
  await openPresale({ ...largeHouse, admission: steady(50) });
  const before = buyers(50).map((buyer, index) => QueueClient.open(edgeOf(index), { event, buyer }));
  const joined = await Promise.all(before.map((client) => client.event("joined")));
  redis.process.signal("SIGSTOP");
  const away = performance.now();
  const during = Array.from({ length: 50 }, (_, index) =>
    QueueClient.open(edgeOf(index), { event, buyer: `d-${index}` }),
  );
  await until(async () => (await edges[1]!.metric("matchday_redis_up"))['part="edge-2"'] === 0, {
    withinMs: 4000,
    orElse: "edge-2 does not notice",
  });
  // Whoever has a ticket gets a stream all the same.
  await using back = await QueueClient.answered(edgeOf(1), {
    event,
    buyer: "b-49",
    ticket: String(joined[49]!.ticket),
  });
  const { position, asOfUs } = back.events[0]?.data ?? (await back.event("position"));
  expect(Number(position)).toBeGreaterThan(0);
  expect((nowUs() - Number(asOfUs)) / 1000).toBeGreaterThan(500);
  await until(() => performance.now() - away >= 3000, { withinMs: 5000, orElse: "time stands still" });
  expect(before.some((client) => client.closed)).toBe(false);
  expect(during.every((client) => client.status === 0)).toBe(true);
  redis.process.signal("SIGCONT");
  const late = await Promise.all(during.map((client) => client.event("joined", 10_000)));
  expect(new Set(late.map(({ ordinal }) => ordinal)).size).toBe(50);
  const everybody = [...before, ...during];
  await Promise.all(everybody.map((client) => client.event("admitted", 15_000)));
  await back.event("admitted");
  const all = await places();
  expect(all.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(all.every(({ admittedAs, ordinal }) => admittedAs === ordinal)).toBe(true);
  for (const client of everybody) client.socket.destroy();
}, 40_000);

describe("an edge that dies with 1,500 waiting", () => {
  /** Buyers who were given a place that is not there after the restart. */
  async function lost(edge: TestService): Promise<string[]> {
    await openPresale();
    await until(async () => (await (await fetch(`${edge.url}/healthz`)).text()).includes(event), {
      withinMs: 5000,
      orElse: `${edge.name} does not know the presale`,
    });
    const clients = buyers(1500).map((buyer) => QueueClient.open(edge.url, { event, buyer }));
    await Promise.all(clients.map((client) => client.event("joined", 20_000)));
    await edge.restart();
    const there = new Set((await places()).map(({ buyer }) => buyer));
    return buyers(1500).filter((buyer) => !there.has(buyer));
  }

  test("loses none of them", async () => {
    expect(await lost(edges[0]!)).toEqual([]);
  }, 30_000);

  test("loses those behind the front with the defect queue-amnesia", async () => {
    const edge = await startTestService(redis, "waiting-room", "edge-3", { DEFECT: "queue-amnesia" });
    const names = await lost(edge);
    expect(names.length).toBeGreaterThan(400);
    expect(names.length).toBeLessThanOrEqual(1000);
    await edge.process.stop();
  }, 30_000);
});

test("seats are told by the same edges", async () => {
  await openPresale();
  const answer = await fetch(`${edgeOf(0)}/api/presales/${event}/seats/stream`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const { value } = await answer.body!.getReader().read();
  expect(Buffer.from(value!).toString()).toContain("event: snapshot");
});
