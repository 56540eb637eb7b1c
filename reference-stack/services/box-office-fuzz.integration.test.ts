import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nowUs } from "../../common/clock.ts";
import type { AuditEntry } from "../../common/presale.ts";
import { seeded } from "../../common/seeded.ts";
import { until } from "../../common/until.ts";
import { testPresale } from "../testing/presale-script.ts";
import { pick } from "../testing/random.ts";
import { startTestRedis, type TestRedis } from "../testing/test-redis.ts";
import { startTestService, type TestService } from "../testing/test-service.ts";
import { presaleKeys, presaleNames } from "./presale/redis-names.ts";
import { seatAudit } from "./presale/seat-audit.ts";
import { openSeats } from "./presale/seats-open.ts";
import { Tokens } from "./presale/tokens.ts";

const requests = 2000;
const atOnce = 16;
const secret = "a secret that all services share";
const event = "final";
const script = testPresale({ event, holdMs: 3_000_000 });
const token = new Tokens(secret).admission({ event, buyer: "ann", expiresAtUs: nowUs() + 3_600_000_000 });
let redis: TestRedis;
let office: TestService;

beforeAll(async () => {
  redis = await startTestRedis();
  const nobody = "127.0.0.1:1";
  office = await startTestService(redis, {
    name: "box-office-1",
    service: "box-office",
    env: {
      NAME: "box-office-1",
      REDIS_URL: redis.url,
      TICKET_SECRET: secret,
      POSTGRES_URL: `postgres://nobody@${nobody}/none`,
      REPLICA_URL: `postgres://nobody@${nobody}/none`,
      PAYMENTS_URL: `http://${nobody}`,
    },
    begins: ({ redis: link }) => link === "up",
  });
  await openSeats(redis.client, script);
  await redis.client.set(presaleKeys(event).script, JSON.stringify(script));
  await redis.client.sAdd(presaleNames.events, event);
  await until(async () => (await fetch(`${office.url}/api/venues/${event}`)).ok, {
    withinMs: 2000,
    orElse: "the presale is not known",
  });
}, 40_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

async function audit(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of seatAudit(redis.client, script)) entries.push(entry);
  return entries;
}

interface Fuzzed {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

interface Answer {
  status: number;
  body: string;
}

function send({ method, path, headers, body }: Fuzzed): Promise<Answer | "closed"> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(office.url);
    const asked = httpRequest({ hostname, port, method, path, headers, timeout: 10_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString() }),
      );
    });
    asked.on("timeout", () => reject(new Error(`no answer to ${method} ${path}`)));
    // A server may close on what is no HTTP.
    asked.on("error", () => resolve("closed"));
    asked.end(body);
  });
}

/** Requests of which each is wrong somewhere: nothing of what they ask for may happen. */
function fuzzer(seed: number) {
  const random = seeded(seed);
  const int = (below: number) => Math.floor(random() * below);
  const text = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[int(alphabet.length)]).join("");
  const odd = [
    "",
    "0",
    "-1",
    "1e9",
    "null",
    "[]",
    "{}",
    "__proto__",
    "a:b",
    "north-1-1",
    "..",
    "%00",
    "%2e%2e%2f",
    "é",
  ];
  const words = [...odd, "x".repeat(300), "x".repeat(5000)];

  const json = (depth: number): unknown => {
    const kind = int(depth > 0 ? 8 : 6);
    if (kind === 0) return null;
    if (kind === 1) return random() < 0.5;
    if (kind === 2) return (random() - 0.5) * 10 ** int(300);
    if (kind < 6) return random() < 0.5 ? pick(random, odd) : text(int(40), 'abcnorth-123\u0000\uffff"\\ ');
    if (kind === 6) return Array.from({ length: int(6) }, () => json(depth - 1));
    return Object.fromEntries(
      Array.from({ length: int(5) }, () => [
        pick(random, ["seats", "hold", "card", ...odd]),
        json(depth - 1),
      ]),
    );
  };

  /** Seats that are no wish: too many, twice, of nowhere, of another kind. */
  const wrongSeats = () =>
    pick<() => unknown>(random, [
      () => ({ seats: Array.from({ length: 5 + int(200) }, (_, index) => `north-1-${index}`) }),
      () => ({ seats: ["north-1-1", "north-1-1"] }),
      () => ({ seats: [pick(random, words)].filter((seat) => seat !== "north-1-1") }),
      () => ({ seats: "north-1-1" }),
      () => ({ seats: [json(2)].filter((seat) => seat !== "north-1-1") }),
      () => ({ seats: ["north-1-1"], [text(3, "abc")]: json(1) }),
      () => ({ seats: { 0: "north-1-1", length: 1 } }),
    ])();

  const path = () => {
    const segment = () =>
      random() < 0.6 ? pick(random, [event, "north", "h-1"]) : encodeURIComponent(pick(random, words));
    const paths = [
      () => `/api/venues/${segment()}`,
      () => `/api/presales/${segment()}/availability`,
      () =>
        `/api/presales/${segment()}/sections/${segment()}?want=${encodeURIComponent(pick(random, words))}`,
      () => `/api/presales/${segment()}/holds`,
      () => `/api/presales/${segment()}/holds/${segment()}`,
      () => `/api/presales/${segment()}/bookings/${segment()}`,
      () => `/${text(int(60), "/api%.~?&=#;presales2fE0")}`,
    ];
    return pick(random, paths)();
  };

  const body = () =>
    pick<() => string | Buffer | undefined>(random, [
      () => undefined,
      () => JSON.stringify(wrongSeats()),
      () => JSON.stringify(json(3)),
      () => JSON.stringify(wrongSeats()).slice(0, -1 - int(5)),
      () => "[".repeat(int(15_000)),
      () => "x".repeat(16_000 + int(30_000)),
      () => Buffer.from(Array.from({ length: int(200) }, () => int(256))),
      () => '{"__proto__":{"seats":["north-1-1"]}}',
    ])();

  return (): Fuzzed => {
    const headers: Record<string, string> = {};
    const right = `Bearer ${token}`;
    const auth = int(6);
    if (auth < 3) headers.authorization = right;
    else if (auth === 3) headers.authorization = `${right.slice(0, -1)}${right.endsWith("A") ? "B" : "A"}`;
    else if (auth === 4) headers.authorization = text(int(200), "Bearer a1.final.ann.0123456789-_");
    if (random() < 0.8)
      headers["idempotency-key"] = random() < 0.5 ? `k-${int(50)}` : text(int(200), "abc {}\t~");
    if (random() < 0.8) {
      headers["content-type"] = pick(random, [
        "application/json",
        "application/json; charset=x",
        "text/plain",
        "*/*",
        "a",
      ]);
    }
    if (random() < 0.1) headers["if-none-match"] = pick(random, words);
    if (random() < 0.1) headers.traceparent = pick(random, [...words, "00-0-0-01"]).replaceAll("é", "e");
    if (random() < 0.05) headers["x-filler"] = "y".repeat(20_000);
    for (const [name, value] of Object.entries(headers)) headers[name] = value.replace(/[^\t\x20-\x7e]/g, "");
    const method = pick(random, [
      "GET",
      "GET",
      "POST",
      "POST",
      "POST",
      "DELETE",
      "PUT",
      "PATCH",
      "OPTIONS",
      "HEAD",
    ]);
    // A wish that is whole and right is no fuzz.
    const sent = method === "GET" || method === "HEAD" ? undefined : body();
    if (random() < 0.6) return { method, path: path(), headers, body: sent };
    // Half of the way is right, so that what comes behind it is met.
    headers["content-type"] = "application/json";
    delete headers["x-filler"];
    return { method: "POST", path: `/api/presales/${event}/holds`, headers, body: body() };
  };
}

test.each([[11], [12]])(
  "whatever comes is answered, by a no with a code, and changes nothing (seed %i)",
  async (seed) => {
    const next = fuzzer(seed);
    const statuses = new Map<number | string, number>();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let index = 0; index < requests / atOnce; index++) {
          const asked = next();
          const answer = await send(asked);
          const status = answer === "closed" ? answer : answer.status;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (answer === "closed") continue;
          const told = `${asked.method} ${asked.path.slice(0, 80)} → ${answer.status} ${answer.body.slice(0, 200)}`;
          // Bookings have no database here.
          if (answer.status >= 500 && answer.status !== 503) throw new Error(told);
          if (answer.status < 400 || asked.method === "HEAD") continue;
          if (!/^\{"code":"[A-Z_]+","fact":"/.test(answer.body)) throw new Error(told);
        }
      }),
    );
    expect(statuses.get(400)).toBeGreaterThan(100);
    expect(statuses.get(401)).toBeGreaterThan(100);
    expect(statuses.get(413)).toBeGreaterThan(10);
    expect((await audit()).filter(({ type }) => type !== "section")).toEqual([]);
    expect(await redis.client.xLen(presaleKeys(event).deltas)).toBe(0);
  },
  60_000,
);

test.each([
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00"],
  [
    "a request that never ends",
    "POST /api/presales/final/holds HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
  ],
  [
    "two lengths",
    "POST /api/presales/final/holds HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
  ],
  [
    "a length and chunks",
    "POST /api/presales/final/holds HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["no host", "GET /api/venues/final HTTP/1.1\r\n\r\n"],
])("a socket that says %s harms nobody", async (_, bytes) => {
  const { hostname, port } = new URL(office.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  socket.write(bytes, "latin1");
  await new Promise((resolve) => socket.once("connect", resolve));
  expect((await fetch(`${office.url}/api/venues/${event}`)).status).toBe(200);
  socket.destroy();
});

test("after all of that a right wish is granted", async () => {
  const response = await fetch(`${office.url}/api/presales/${event}/holds`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "idempotency-key": "last",
      "content-type": "application/json",
    },
    body: JSON.stringify({ seats: ["north-1-1"] }),
  });
  expect(response.status).toBe(201);
  expect((await audit()).filter(({ type }) => type === "seat")).toHaveLength(1);
});
