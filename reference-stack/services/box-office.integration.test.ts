import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nowUs } from "../../common/clock.ts";
import type { AuditEntry } from "../../common/presale.ts";
import { until } from "../../common/until.ts";
import { testPresale } from "../testing/presale-script.ts";
import { startTestRedis, type TestRedis } from "../testing/test-redis.ts";
import { asControl } from "../testing/test-secrets.ts";
import { startTestService, type TestService } from "../testing/test-service.ts";
import { presaleKeys, presaleNames } from "./presale/redis-names.ts";
import type { OpenPresale } from "./presale/script-schema.ts";
import { seatAudit } from "./presale/seat-audit.ts";
import { openSeats } from "./presale/seats-open.ts";
import { Tokens } from "./presale/tokens.ts";

const secret = "a secret that all services share";
const tokens = new Tokens(secret);
const holdMs = 1500;
let redis: TestRedis;
let one: TestService;
let two: TestService;
let event: string;
let events = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  // One after the other: a port that is free is free for both.
  one = await startOffice("box-office-1");
  two = await startOffice("box-office-2");
}, 40_000);

/** Without PostgreSQL and payments: seats ask for neither. */
async function startOffice(name: string, process = name): Promise<TestService> {
  // Nobody listens there.
  const nobody = "127.0.0.1:1";
  return startTestService(redis, {
    name: process,
    service: "box-office",
    env: {
      NAME: name,
      REDIS_URL: redis.url,
      TICKET_SECRET: secret,
      POSTGRES_URL: `postgres://nobody@${nobody}/none`,
      REPLICA_URL: `postgres://nobody@${nobody}/none`,
      PAYMENTS_URL: `http://${nobody}`,
    },
    begins: ({ redis: link }) => link === "up",
  });
}

afterAll(() => redis?.[Symbol.asyncDispose]());

/** Each test has a presale of its own. */
beforeEach(async () => {
  event = `final-${++events}`;
  await openPresale(testPresale({ event, holdMs }));
});

async function openPresale(script: OpenPresale): Promise<void> {
  const { event } = script;
  await openSeats(redis.client, script);
  await redis.client.set(presaleKeys(event).script, JSON.stringify(script));
  await redis.client.sAdd(presaleNames.events, event);
  for (const at of [one, two]) {
    await until(async () => (await ask(`/api/venues/${event}`, { at })).status === 200, {
      withinMs: 2000,
      orElse: "the presale is not known",
    });
  }
}

interface Ask {
  method?: string;
  buyer?: string;
  token?: string;
  key?: string;
  body?: unknown;
  raw?: string;
  headers?: Record<string, string>;
  at?: TestService;
}

let lastKey = 0;

async function ask(
  path: string,
  { method = "GET", buyer, token, key, body, raw, headers, at = one }: Ask = {},
) {
  const admission = token ?? (buyer && tokens.admission({ event, buyer, expiresAtUs: nowUs() + 60_000_000 }));
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: {
      ...(admission ? { authorization: `Bearer ${admission}` } : {}),
      ...(method === "POST" ? { "idempotency-key": key ?? `k-${++lastKey}` } : {}),
      ...(body !== undefined || raw !== undefined ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

const hold = (buyer: string, seats: string[], more: Ask = {}) =>
  ask(`/api/presales/${event}/holds`, { method: "POST", buyer, body: { seats }, ...more });

const available = (at = one) => ask(`/api/presales/${event}/availability`, { at });

async function audit(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of seatAudit(redis.client, testPresale({ event }))) entries.push(entry);
  return entries;
}

async function metric(name: string, at = one): Promise<number | undefined> {
  const text = await (await fetch(`${at.adminUrl}/metrics`)).text();
  const line = text.split("\n").find((found) => found.startsWith(name));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}

test("the venue is static: a second look costs nothing", async () => {
  const first = await ask(`/api/venues/${event}`);
  expect(first.body).toMatchObject({ event, purchaseLimit: 4, holdMs, venue: { id: "arena" } });
  expect(first.headers.get("cache-control")).toBe("public, max-age=3600");
  const etag = first.headers.get("etag")!;
  const again = await ask(`/api/venues/${event}`, { headers: { "if-none-match": etag }, at: two });
  expect([again.status, again.body]).toEqual([304, undefined]);
});

describe("availability", () => {
  test("is cached, and counted again when a seat has changed, at either box office", async () => {
    expect((await available()).headers.get("x-cache")).toBe("miss");
    const { headers, body } = await available();
    expect(headers.get("x-cache")).toBe("hit");
    expect(body).toMatchObject({
      event,
      free: 20,
      soldOut: false,
      sections: [{ section: "north", free: 10, seats: 10 }, { free: 10 }],
    });
    await available(two);
    await hold("ann", ["north-1-1"], { at: two });
    for (const at of [one, two]) {
      await until(async () => (await available(at)).body.free === 19, {
        withinMs: 450,
        orElse: "the change was not seen before a count grows old by itself",
      });
    }
  });
});

describe("free seats of a section", () => {
  test("lie side by side where they can, in pairs that leave none single, and are not the same for everybody", async () => {
    const found = new Set<string>();
    for (let index = 0; index < 30; index++) {
      const { body } = await ask(`/api/presales/${event}/sections/north?want=2`);
      const [[row, first], [sameRow, second]] = body.seats.map((seat: string) =>
        seat.split("-").slice(1).map(Number),
      );
      expect([sameRow, second, first % 2]).toEqual([row, first + 1, 1]);
      found.add(body.seats.join(" "));
    }
    expect(found.size).toBe(4);
  });

  test("are others than somebody was offered just now, while there are others", async () => {
    await openPresale(testPresale({ event: "big", rows: 10, seatsPerRow: 100 }));
    const offers = [];
    for (let index = 0; index < 30; index++) {
      const at = index % 2 === 0 ? one : two;
      offers.push(...(await ask("/api/presales/big/sections/north?want=2", { at })).body.seats);
    }
    expect(new Set(offers).size).toBe(60);
  });

  test("are what is left, and then there are none", async () => {
    const row = (number: number) => Array.from({ length: 5 }, (_, index) => `south-${number}-${index + 1}`);
    await hold("ann", row(1).slice(0, 4));
    await hold("bob", [row(1)[4]!, ...row(2).slice(0, 3)]);
    const left = await ask(`/api/presales/${event}/sections/south?want=4`);
    expect(left.body.seats.toSorted()).toEqual(["south-2-4", "south-2-5"]);
    await hold("eve", ["south-2-4", "south-2-5"]);
    const none = await ask(`/api/presales/${event}/sections/south`);
    expect([none.status, none.body.code]).toEqual([410, "SECTION_SOLD_OUT"]);
    await redis.client.set(presaleKeys(event).soldOut, "1");
    const over = await ask(`/api/presales/${event}/sections/south`);
    expect([over.status, over.body.code]).toEqual([410, "SOLD_OUT"]);
  });
});

describe("a hold", () => {
  test("is granted, refused to others, given back", async () => {
    const granted = await hold("ann", ["north-1-1", "north-1-2"], { key: "k" });
    expect(granted).toMatchObject({ status: 201, body: { seats: ["north-1-1", "north-1-2"] } });
    expect(granted.body.expiresAtUs).toBeGreaterThan(nowUs());
    expect(await hold("ann", ["north-1-1", "north-1-2"], { key: "k", at: two })).toMatchObject({
      status: 201,
      body: granted.body,
    });
    expect(await hold("ann", ["north-1-3"], { key: "k" })).toMatchObject({
      status: 422,
      body: { code: "KEY_REUSED" },
    });
    expect(await hold("bob", ["north-1-2", "north-1-3"], { at: two })).toMatchObject({
      status: 409,
      body: { code: "SEAT_TAKEN", taken: ["north-1-2"] },
    });
    const path = `/api/presales/${event}/holds/${granted.body.hold}`;
    expect((await ask(path, { method: "DELETE", buyer: "bob" })).status).toBe(404);
    expect((await ask(path, { method: "DELETE", buyer: "ann" })).status).toBe(204);
    expect((await ask(path, { method: "DELETE", buyer: "ann" })).status).toBe(204);
    expect((await hold("bob", ["north-1-2", "north-1-3"])).status).toBe(201);
  });

  test("keeps to the purchase limit", async () => {
    expect((await hold("ann", ["north-1-1", "north-1-2", "north-1-3"])).status).toBe(201);
    expect(await hold("ann", ["north-1-4", "north-1-5"])).toMatchObject({
      status: 403,
      body: { code: "LIMIT_EXCEEDED", owned: 3 },
    });
  });

  test("goes back when its time is over", async () => {
    const { body } = await hold("ann", ["north-1-1"]);
    await until(async () => (await hold("bob", ["north-1-1"])).status === 201, {
      withinMs: holdMs + 1500,
      orElse: "the seat did not come back",
    });
    expect(nowUs()).toBeGreaterThanOrEqual(body.expiresAtUs);
    expect(nowUs() - body.expiresAtUs).toBeLessThan(1_000_000);
  });

  test("goes back also when the worker is killed that was to do it, each seat once", async () => {
    const seats = ["north", "south"].flatMap((section) => [1, 2].map((row) => `${section}-${row}-1`));
    for (const [index, seat] of seats.entries()) await hold(`b-${index}`, [seat]);
    const leader = await until(() => redis.client.get(presaleKeys(event).lease("reconcile")), {
      withinMs: 2000,
      orElse: "nobody reconciles",
    });
    const killed = (leader === "box-office-1" ? one : two).process;
    process.kill(killed.identity.pid, "SIGKILL");
    await killed.exited;
    await until(async () => (await redis.client.zCard(presaleKeys(event).holds)) === 0, {
      withinMs: holdMs + 4000,
      orElse: "nobody took over",
    });
    const entries = await audit();
    expect(entries.filter(({ type }) => type === "seat")).toEqual([]);
    expect(entries.filter((entry) => entry.type === "section").map(({ free }) => free)).toEqual([10, 10]);
    const freed = await redis.client.xRange(presaleKeys(event).deltas, "-", "+");
    expect(freed!.filter(({ message }) => message.state === "free")).toHaveLength(4);
    const again = await startOffice(leader, `${leader}-again`);
    if (leader === "box-office-1") one = again;
    else two = again;
  });
});

test("seats that are nobody's are counted, and told by name", async () => {
  const { body } = await hold("ann", ["north-1-1"]);
  await redis.client.zRem(presaleKeys(event).holds, body.hold);
  await redis.client.sRem(presaleKeys(event).free("south"), "south-1-1");
  await until(
    async () => {
      const name = `matchday_seats_indeterminate{event="${event}"`;
      return ((await metric(name)) ?? (await metric(name, two))) === 2;
    },
    { withinMs: 5000, orElse: "the gauge does not tell of 2 seats" },
  );
});

test("a sampled request is traced to what it asked of Redis", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await hold("ann", ["north-1-1"], { headers });
  const spans: { name: string; parentSpanId: string; spanId: string; traceId: string }[] = [];
  await until(
    async () => {
      spans.push(
        ...((await (
          await fetch(`${one.adminUrl}/spans`, { method: "POST", headers: asControl })
        ).json()) as typeof spans),
      );
      return spans.length === 2;
    },
    { withinMs: 2000, orElse: () => `spans: ${JSON.stringify(spans)}` },
  );
  const [redisSpan, server] = spans;
  expect([redisSpan!.name, server!.name]).toEqual(["redis hold", "POST /api/presales/:event/holds"]);
  expect([server!.traceId, server!.parentSpanId]).toEqual([traceId, "00f067aa0ba902b7"]);
  expect([redisSpan!.traceId, redisSpan!.parentSpanId]).toEqual([traceId, server!.spanId]);
});

describe("what is refused, and changes nothing", () => {
  const admission = (more: object = {}) =>
    tokens.admission({ event, buyer: "ann", expiresAtUs: nowUs() + 60_000_000, ...more });
  const seats = ["north-1-1"];
  test.each<[string, () => Ask & { body?: unknown }, number, string]>([
    ["no admission", () => ({}), 401, "ADMISSION_INVALID"],
    [
      "a forged admission",
      () => ({
        token: new Tokens("a secret of somebody else").admission({
          event,
          buyer: "ann",
          expiresAtUs: nowUs() + 1e9,
        }),
      }),
      401,
      "ADMISSION_INVALID",
    ],
    [
      "an admission to another event",
      () => ({ token: admission({ event: "semi" }) }),
      401,
      "ADMISSION_INVALID",
    ],
    [
      "a ticket for an admission",
      () => ({ token: tokens.ticket({ event, buyer: "ann", ordinal: 1 }) }),
      401,
      "ADMISSION_INVALID",
    ],
    [
      "an admission that is over",
      () => ({ token: admission({ expiresAtUs: nowUs() - 1 }) }),
      403,
      "ADMISSION_EXPIRED",
    ],
    ["no key", () => ({ buyer: "ann", headers: { "idempotency-key": "" } }), 400, "KEY_INVALID"],
    ["a long key", () => ({ buyer: "ann", key: "x".repeat(129) }), 400, "KEY_INVALID"],
    ["no JSON", () => ({ buyer: "ann", raw: '{"seats":' }), 400, "BODY_INVALID"],
    ["nothing", () => ({ buyer: "ann", raw: "" }), 400, "BODY_INVALID"],
    [
      "another type",
      () => ({ buyer: "ann", headers: { "content-type": "text/plain" } }),
      415,
      "MEDIA_TYPE_UNSUPPORTED",
    ],
    ["17 KB", () => ({ buyer: "ann", raw: `{"seats":["${"x".repeat(17_000)}"]}` }), 413, "BODY_TOO_LARGE"],
    ["no seats", () => ({ buyer: "ann", body: { seats: [] } }), 400, "HOLD_INVALID"],
    ["a seat twice", () => ({ buyer: "ann", body: { seats: [...seats, ...seats] } }), 400, "HOLD_INVALID"],
    ["a number for a seat", () => ({ buyer: "ann", body: { seats: [7] } }), 400, "HOLD_INVALID"],
    ["a field that nobody knows", () => ({ buyer: "ann", body: { seats, price: 1 } }), 400, "HOLD_INVALID"],
    ["a seat that is none", () => ({ buyer: "ann", body: { seats: ["north-3-1"] } }), 400, "SEAT_UNKNOWN"],
    [
      "a seat of no section",
      () => ({ buyer: "ann", body: { seats: ["__proto__-1-1"] } }),
      400,
      "SEAT_UNKNOWN",
    ],
    [
      "a seat with a leading zero",
      () => ({ buyer: "ann", body: { seats: ["north-01-1"] } }),
      400,
      "SEAT_UNKNOWN",
    ],
    [
      "more than anybody may",
      () => ({ buyer: "ann", body: { seats: [1, 2, 3, 4, 5].map((n) => `north-1-${n}`) } }),
      403,
      "LIMIT_EXCEEDED",
    ],
  ])("%s", async (_, request, status, code) => {
    const answer = await ask(`/api/presales/${event}/holds`, {
      method: "POST",
      body: { seats },
      ...request(),
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.fact).toEqual(expect.any(String));
    expect((await audit()).filter(({ type }) => type !== "section")).toEqual([]);
  });

  test.each([
    ["/api/venues/nobody", 404, "PRESALE_UNKNOWN"],
    ["/api/venues/a%2fb", 404, "PRESALE_UNKNOWN"],
    [`/api/venues/${"x".repeat(200)}`, 414, "REQUEST_INVALID"],
    ["/api/venues/%E0%A4%A", 400, "REQUEST_INVALID"],
    ["/api/presales/EVENT/sections/east", 404, "SECTION_UNKNOWN"],
    ["/api/presales/EVENT/sections/north?want=0", 400, "WANT_INVALID"],
    ["/api/presales/EVENT/sections/north?want=5", 400, "WANT_INVALID"],
    ["/api/presales/EVENT/sections/north?want=1&want=2", 400, "WANT_INVALID"],
    ["/api/presales/EVENT/holds", 404, "ROUTE_UNKNOWN"],
    ["/", 404, "ROUTE_UNKNOWN"],
  ])("GET %s", async (path, status, code) => {
    const answer = await ask(path.replace("EVENT", event));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});

test("Redis away: what was counted is served as stale, holds are to be asked for again, and the venue stands", async () => {
  await available();
  await ask(`/api/venues/${event}`);
  process.kill(redis.process.identity.pid, "SIGSTOP");
  try {
    await until(async () => (await available()).headers.get("x-cache") === "stale", {
      withinMs: 4000,
      orElse: "not stale",
    });
    const refused = await hold("ann", ["north-1-1"]);
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([
      503,
      "NOT_READY",
      "1",
    ]);
    expect((await ask(`/api/venues/${event}`)).status).toBe(200);
  } finally {
    process.kill(redis.process.identity.pid, "SIGCONT");
  }
  await until(async () => (await hold("ann", ["north-1-1"], { key: "away" })).status === 201, {
    withinMs: 5000,
    orElse: "no hold after Redis came back",
  });
});
