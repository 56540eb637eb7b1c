import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nowUs } from "../common/clock.ts";
import type { AuditEntry, PaymentBehaviour } from "../common/presale.ts";
import type { SpanRecord } from "../common/records.ts";
import { seeded } from "../common/seeded.ts";
import { until } from "../common/until.ts";
import { signalTree } from "./providers/process-tree.ts";
import { presaleKeys, presaleNames } from "./services/presale/redis-names.ts";
import { seatAudit } from "./services/presale/seat-audit.ts";
import { openSeats } from "./services/presale/seats-open.ts";
import { Tokens } from "./services/presale/tokens.ts";
import { testPresale } from "./testing/presale-script.ts";
import { pick } from "./testing/random.ts";
import { startTestPostgres, type TestPostgres } from "./testing/test-postgres.ts";
import { startTestRedis, type TestRedis } from "./testing/test-redis.ts";
import { asControl } from "./testing/test-secrets.ts";
import { startTestService, type TestService } from "./testing/test-service.ts";

const secret = "a secret that all services share";
const tokens = new Tokens(secret);
const quick: PaymentBehaviour = { latencyMs: 5, jitterMs: 5, declineShare: 0, outage: "none" };
let redis: TestRedis;
let primary: TestPostgres;
let replica: TestPostgres;
let payments: TestService;
let one: TestService;
let two: TestService;
let event: string;
let events = 0;
let lives = 0;

const startOffice = (name: string, env: Record<string, string> = {}) =>
  startTestService(redis, {
    name: `${name}-${++lives}`,
    service: "box-office",
    env: {
      NAME: name,
      REDIS_URL: redis.url,
      TICKET_SECRET: secret,
      POSTGRES_URL: primary.url,
      REPLICA_URL: replica.url,
      PAYMENTS_URL: payments.url,
      ...env,
    },
  });

beforeAll(async () => {
  redis = await startTestRedis();
  ({ primary, replica } = await startTestPostgres(redis.lease));
  payments = await startTestService(redis, { name: "payments", service: "payments", env: {} });
  one = await startOffice("box-office-1");
  two = await startOffice("box-office-2");
}, 60_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

beforeEach(async () => {
  await behave({});
  event = `final-${++events}`;
  await openPresale(50);
});

/** Whatever a test did to it: money, bookings and seats agree once nothing is under way any more. */
afterEach(async () => {
  await behave({});
  expect((await quiesce()).status).toBe(200);
  const { bookings, charges, seats } = await audit();
  for (const { booking, state, seats: booked, buyer } of bookings) {
    const of = charges.filter((charge) => charge.booking === booking);
    const taken = of.filter((charge) => charge.state === "taken");
    expect([booking, taken.length]).toEqual([booking, state === "confirmed" ? 1 : 0]);
    const sold = seats.flatMap((seat) =>
      seat.state === "sold" && seat.booking === booking ? [[seat.seat, seat.buyer]] : [],
    );
    expect(sold).toEqual(state === "confirmed" ? booked.map((seat) => [seat, buyer]) : []);
  }
  expect(seats.filter((seat) => seat.state === "indeterminate")).toEqual([]);
  expect(seats.filter((seat) => seat.state === "sold")).toHaveLength(
    bookings.filter((booking) => booking.state === "confirmed").flatMap((booking) => booking.seats).length,
  );
}, 60_000);

async function openPresale(seatsPerRow: number): Promise<void> {
  const script = testPresale({ event, holdMs: 20_000, rows: 10, seatsPerRow, sections: ["north"] });
  await openSeats(redis.client, script);
  await redis.client.set(presaleKeys(event).script, JSON.stringify(script));
  await redis.client.sAdd(presaleNames.events, event);
  for (const at of [one, two]) {
    await until(async () => (await fetch(`${at.url}/api/venues/${event}`)).status === 200, {
      withinMs: 3000,
      orElse: "the presale is not known",
    });
  }
}

interface Ask {
  method?: string;
  buyer?: string;
  expiresAtUs?: number;
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
  at?: TestService;
}

async function ask(
  path: string,
  { method = "GET", buyer, expiresAtUs = nowUs() + 60_000_000, key, body, headers, at = one }: Ask = {},
) {
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: {
      ...(buyer ? { authorization: `Bearer ${tokens.admission({ event, buyer, expiresAtUs })}` } : {}),
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(40_000),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, held to by the tests
  const json = text.startsWith("{") ? (JSON.parse(text) as any) : undefined;
  return { status: response.status, headers: response.headers, json, text };
}

const post = (path: string, options: Ask) => ask(path, { method: "POST", ...options });
/** On the port that buyers do not see. */
const quiesce = async (at = one) =>
  await fetch(`${at.adminUrl}/v1/quiesce`, {
    method: "POST",
    headers: { "content-type": "application/json", ...asControl },
    body: "{}",
  });
const of = (path: string) => `/api/presales/${event}${path}`;

async function holdOf(buyer: string, seats: string[]): Promise<string> {
  const answer = await post(of("/holds"), { buyer, key: `hold-${buyer}`, body: { seats } });
  expect(answer).toMatchObject({ status: 201 });
  return answer.json.hold;
}

const book = (buyer: string, hold: string, more: Ask & { card?: string } = {}) =>
  post(of("/bookings"), {
    buyer,
    key: `book-${buyer}`,
    body: { hold, card: more.card ?? `card-${buyer}` },
    ...more,
  });

/** As a buyer does it: who is told to come again comes again, with the same key. */
async function booked(buyer: string, hold: string, more: Parameters<typeof book>[2] = {}) {
  return until(
    async () => {
      const answer = await book(buyer, hold, more);
      return [202, 503].includes(answer.status) ? undefined : answer;
    },
    { withinMs: 30_000, everyMs: 200, orElse: `${buyer} hears nothing for good` },
  );
}

async function behave(behaviour: Partial<PaymentBehaviour>): Promise<void> {
  const body = JSON.stringify({ ...quick, ...behaviour });
  const headers = { "content-type": "application/json", ...asControl };
  const answer = await fetch(`${payments.url}/v1/behaviour`, { method: "PUT", headers, body });
  expect(answer.status).toBe(200);
}

const spansOf = async ({ adminUrl }: TestService) =>
  (await (await fetch(`${adminUrl}/spans`, { method: "POST", headers: asControl })).json()) as SpanRecord[];

async function entries(url: string): Promise<AuditEntry[]> {
  const text = await (await fetch(`${url}/v1/audit`, { headers: asControl })).text();
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEntry);
}

type Entry<Type extends AuditEntry["type"]> = AuditEntry & { type: Type };
const only = <Type extends AuditEntry["type"]>(from: AuditEntry[], type: Type) =>
  from.filter((entry): entry is Entry<Type> => entry.type === type);

/** What the databases hold of this test's event. */
async function audit() {
  const script = JSON.parse((await redis.client.get(presaleKeys(event).script))!);
  const seats = only(await Array.fromAsync(seatAudit(redis.client, script)), "seat");
  const bookings = only(await entries(one.adminUrl), "booking").filter(({ buyer }) =>
    buyer.startsWith(`${event}-`),
  );
  const charges = only(await entries(payments.url), "charge").filter(({ buyer }) =>
    buyer.startsWith(`${event}-`),
  );
  return { bookings, charges, seats };
}

const buyers = (count: number) => Array.from({ length: count }, (_, index) => `${event}-${index + 1}`);
const seat = (index: number) => `north-${Math.floor(index / 50) + 1}-${(index % 50) + 1}`;
const replicaHas = (buyer: string) =>
  until(async () => (await ask(of("/bookings"), { buyer })).json.bookings[0]?.state === "confirmed", {
    withinMs: 5000,
    orElse: "the replica does not hear of it",
  });
const settled = (booking: string, state: string, withinMs = 15_000) =>
  until(async () => (await ask(of(`/bookings/${booking}?confirm=1`))).json?.state === state, {
    withinMs,
    everyMs: 100,
    orElse: `${booking} is not ${state} within ${withinMs} ms`,
  });
const metric = async (service: TestService, name: string) =>
  Number(
    (await (await fetch(`${service.adminUrl}/metrics`)).text())
      .split("\n")
      .find((line) => line.startsWith(`matchday_${name}`))
      ?.split(" ")
      .at(-1),
  );

describe("a booking", () => {
  test("is paid, confirmed, and read from both sides", async () => {
    const [buyer] = buyers(1) as [string];
    const hold = await holdOf(buyer, [seat(0), seat(1)]);
    const answer = await booked(buyer, hold);
    expect([answer.status, answer.json]).toEqual([
      201,
      { booking: expect.stringMatching(/^b-/), state: "confirmed", seats: [seat(0), seat(1)] },
    ]);
    const { booking } = answer.json;
    expect((await ask(of(`/bookings/${booking}?confirm=1`), { at: two })).json).toEqual(answer.json);
    await replicaHas(buyer);
    expect((await ask(of(`/bookings/${booking}`))).json).toEqual(answer.json);
    const { bookings, charges } = await audit();
    expect(bookings).toMatchObject([{ booking, key: `book-${buyer}`, state: "confirmed" }]);
    const [{ createdAtUs, changedAtUs }] = bookings as [(typeof bookings)[0]];
    expect(changedAtUs).toBeGreaterThan(createdAtUs);
    expect(changedAtUs).toBeLessThan(nowUs());
    expect(charges).toMatchObject([{ booking, amountCents: 18_000, state: "taken" }]);
    const told = async (state: string) => {
      const name = `seats{event="${event}",state="${state}"`;
      return (await Promise.all([one, two].map((at) => metric(at, name)))).find(Number.isFinite);
    };
    await until(async () => (await told("sold")) === 2, { withinMs: 4000, orElse: "nobody tells of 2 sold" });
    expect([await told("free"), await told("held")]).toEqual([498, 0]);
  });

  test("that is said twice is one; with other words it is refused", async () => {
    const [buyer, other] = buyers(2) as [string, string];
    const hold = await holdOf(buyer, [seat(0)]);
    const first = await booked(buyer, hold);
    expect((await book(buyer, hold, { at: two })).json).toEqual(first.json);
    // Also when the admission is over meanwhile.
    expect((await book(buyer, hold, { expiresAtUs: nowUs() - 1 })).json).toEqual(first.json);
    expect((await book(buyer, hold, { card: "another" })).json.code).toBe("KEY_REUSED");
    expect((await book(buyer, hold, { key: "another" })).json.code).toBe("HOLD_IN_PAYMENT");
    expect((await book(other, hold)).json.code).toBe("HOLD_UNKNOWN");
    expect((await audit()).charges).toHaveLength(1);
  });

  test("that is traced shows each of its steps, and the provider's part", async () => {
    const [buyer] = buyers(1) as [string];
    const hold = await holdOf(buyer, [seat(0)]);
    const traceId = randomBytes(16).toString("hex");
    const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
    expect((await book(buyer, hold, { headers: { traceparent } })).status).toBe(201);
    const office: SpanRecord[] = [];
    const provider: SpanRecord[] = [];
    const collect = async (service: TestService, into: SpanRecord[]) =>
      into.push(...(await spansOf(service)).filter((span) => span.traceId === traceId));
    // A request's own span ends once its answer is sent.
    await until(
      async () => {
        await Promise.all([collect(one, office), collect(payments, provider)]);
        return office.length >= 7 && provider.length >= 1;
      },
      { withinMs: 3000, orElse: () => `${office.length} and ${provider.length} spans came` },
    );
    expect(office.map(({ name }) => name).sort()).toEqual([
      "POST /api/presales/:event/bookings",
      "payments charge",
      "postgres confirmed",
      "postgres record",
      "redis extend",
      "redis extend",
      "redis sell",
    ]);
    const asked = office.find(({ name }) => name === "payments charge");
    expect(provider).toMatchObject([{ name: "POST /v1/charges", parentSpanId: asked!.spanId }]);
  });

  test("that is declined gives its seats back", async () => {
    await behave({ declineShare: 1 });
    const [buyer, next] = buyers(2) as [string, string];
    const answer = await booked(buyer, await holdOf(buyer, [seat(0)]));
    expect([answer.status, answer.json.code]).toEqual([402, "PAYMENT_DECLINED"]);
    await behave({});
    expect((await booked(next, await holdOf(next, [seat(0)]))).status).toBe(201);
    expect((await audit()).bookings.map(({ state }) => state).sort()).toEqual(["confirmed", "declined"]);
  });
});

test("500 bookings at once, each said three times, on two box offices: one row and one charge each", async () => {
  const all = buyers(500);
  const holds = new Map<string, string>();
  for (let from = 0; from < all.length; from += 50) {
    const some = all.slice(from, from + 50);
    await Promise.all(
      some.map(async (buyer, index) => holds.set(buyer, await holdOf(buyer, [seat(from + index)]))),
    );
  }
  await behave({ declineShare: 0.1 });
  const startedMs = performance.now();
  const answers = await Promise.all(
    all.flatMap((buyer) => [one, two, one].map((at) => booked(buyer, holds.get(buyer)!, { at }))),
  );
  const tookMs = performance.now() - startedMs;
  const statuses = Map.groupBy(answers, ({ status }) => status);
  console.log(
    `1,500 requests in ${Math.round(tookMs)} ms:`,
    ...[...statuses].map(([status, some]) => `${status} × ${some.length}`),
  );
  expect([...statuses.keys()].sort()).toEqual([201, 402]);
  expect((await quiesce()).status).toBe(200);
  const { bookings, charges } = await audit();
  expect(bookings).toHaveLength(500);
  expect(charges).toHaveLength(500);
  const declined = bookings.filter(({ state }) => state === "declined").length;
  expect(bookings.filter(({ state }) => state === "confirmed")).toHaveLength(500 - declined);
  expect(declined).toBeGreaterThan(20);
}, 120_000);

describe("payments", () => {
  test("that are down open the breaker; what was wished for is booked when they are back", async () => {
    await behave({ outage: "refuse" });
    const all = buyers(12);
    const answers = [];
    for (const [index, buyer] of all.entries()) {
      answers.push(await book(buyer, await holdOf(buyer, [seat(index)])));
    }
    expect(answers.map(({ status }) => status)).toEqual(all.map(() => 202));
    expect(answers[0]!.headers.get("retry-after")).toBe("1");
    expect(await metric(one, "breaker_opened_total")).toBeGreaterThan(0);
    await until(() => redis.client.get(presaleNames.payments), {
      withinMs: 3000,
      orElse: "nobody is told that payments are down",
    });
    await behave({});
    await Promise.all(answers.map(({ json }) => settled(json.booking, "confirmed")));
  });

  test("that were down are found to be back by every box office, also by one that has nothing to drive on", async () => {
    await behave({ outage: "refuse" });
    const offices = [one, two];
    const isOpen = async (at: TestService) => (await metric(at, "breaker_open{")) > 0;
    for (const [index, buyer] of buyers(60).entries()) {
      const at = offices[index % 2]!;
      if (!(await isOpen(at))) await book(buyer, await holdOf(buyer, [seat(index)]), { at });
    }
    expect(await Promise.all(offices.map(isOpen))).toEqual([true, true]);
    await behave({});
    for (const at of offices) {
      await until(async () => !(await isOpen(at)), {
        withinMs: 5000,
        everyMs: 100,
        orElse: `the breaker of ${at === one ? "box-office-1" : "box-office-2"} stays open`,
      });
    }
    await until(async () => (await redis.client.get(presaleNames.payments)) === null, {
      withinMs: 4000,
      orElse: "buyers are still let in as if payments were down",
    });
  });

  test("that hang leave bookings pending, and their seats held, until they answer", async () => {
    await behave({ outage: "hang" });
    const all = buyers(8);
    const startedMs = performance.now();
    const answers = await Promise.all(
      all.map(async (buyer, index) => book(buyer, await holdOf(buyer, [seat(index)]))),
    );
    expect(performance.now() - startedMs).toBeLessThan(8000);
    expect(answers.map(({ status }) => status)).toEqual(all.map(() => 202));
    const { seats } = await audit();
    expect(seats.filter(({ state }) => state === "held")).toHaveLength(8);
    await behave({});
    await Promise.all(answers.map(({ json }) => settled(json.booking, "confirmed")));
    expect((await audit()).charges).toHaveLength(8);
  });
});

test("slow payments: buyers hear that it takes its time, and every charge is made once", async () => {
  await behave({ latencyMs: 3000, jitterMs: 0 });
  const all = buyers(10);
  const answers = await Promise.all(
    all.map(async (buyer, index) => book(buyer, await holdOf(buyer, [seat(index)]))),
  );
  expect(answers.map(({ status, json }) => [status, json.state])).toEqual(all.map(() => [202, "pending"]));
  // The provider stays slow: what it has decided meanwhile it says at once.
  await Promise.all(answers.map(({ json }) => settled(json.booking, "confirmed", 20_000)));
  expect((await audit()).charges).toHaveLength(10);
}, 60_000);

test("a box office that is killed between charge and confirm: another takes it up, and the charge is made once", async () => {
  // Every charge takes a second to be answered: killed in it, the money is taken and nobody has heard.
  await behave({ latencyMs: 1000, jitterMs: 0 });
  const third = await startOffice("box-office-3");
  const all = buyers(10);
  const holds = await Promise.all(all.map((buyer, index) => holdOf(buyer, [seat(index)])));
  const answers = all.map((buyer, index) => book(buyer, holds[index]!, { at: third }).catch(() => undefined));
  await until(async () => (await audit()).charges.length === 10, {
    withinMs: 5000,
    orElse: "the charges are not made",
  });
  third.process.signal("SIGKILL");
  expect(await Promise.all(answers)).toEqual(all.map(() => undefined));
  expect((await audit()).bookings.map(({ state }) => state)).toEqual(all.map(() => "pending"));
  await until(async () => (await audit()).bookings.every(({ state }) => state === "confirmed"), {
    withinMs: 15_000,
    everyMs: 200,
    orElse: "the bookings are not confirmed by another box office",
  });
  // The buyer asks again, and hears what the first box office could not say.
  expect((await book(all[0]!, holds[0]!)).status).toBe(201);
  expect((await audit()).charges).toHaveLength(10);
}, 60_000);

test("the primary away: reads go on from the replica, new bookings wait with their seats held", async () => {
  const [buyer, next] = buyers(2) as [string, string];
  const { json } = await booked(buyer, await holdOf(buyer, [seat(0)]));
  const hold = await holdOf(next, [seat(1)]);
  await replicaHas(buyer);
  primary.process.signal("SIGKILL");
  await primary.process.exited;
  try {
    const confirmed = await ask(of(`/bookings/${json.booking}?confirm=1`));
    expect([confirmed.status, confirmed.headers.get("x-stale"), confirmed.json.state]).toEqual([
      200,
      "1",
      "confirmed",
    ]);
    expect((await ask(of("/bookings"), { buyer })).json.bookings).toHaveLength(1);
    const refused = await book(next, hold);
    expect([refused.status, refused.json.code, refused.headers.get("retry-after")]).toEqual([
      503,
      "BOOKINGS_AWAY",
      "1",
    ]);
    const kept = Number(await redis.client.hGet(presaleKeys(event).hold(hold), "deadlineUs"));
    expect(kept).toBeGreaterThan(nowUs() + 10_000_000);
  } finally {
    await primary.startAgain();
  }
  expect((await booked(next, hold)).status).toBe(201);
}, 60_000);

test("a primary that swallows everything is given up on within the deadlines", async () => {
  const [buyer, next] = buyers(2) as [string, string];
  const { json } = await booked(buyer, await holdOf(buyer, [seat(0)]));
  const hold = await holdOf(next, [seat(1)]);
  await replicaHas(buyer);
  signalTree(primary.process.pid, "SIGSTOP");
  try {
    const startedMs = performance.now();
    const [read, refused] = await Promise.all([
      ask(of(`/bookings/${json.booking}?confirm=1`)),
      book(next, hold),
    ]);
    expect([read.status, read.headers.get("x-stale"), refused.status]).toEqual([200, "1", 503]);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  } finally {
    signalTree(primary.process.pid, "SIGCONT");
  }
  expect((await booked(next, hold)).status).toBe(201);
}, 60_000);

test("Redis away: what is booked is known, what is new is to come again", async () => {
  const [buyer, next] = buyers(2) as [string, string];
  const hold = await holdOf(buyer, [seat(0)]);
  const { json } = await booked(buyer, hold);
  const nextHold = await holdOf(next, [seat(1)]);
  redis.process.signal("SIGSTOP");
  try {
    const [again, refused] = await Promise.all([book(buyer, hold), book(next, nextHold)]);
    expect([again.status, again.json]).toEqual([201, json]);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  } finally {
    redis.process.signal("SIGCONT");
  }
  expect((await booked(next, nextHold)).status).toBe(201);
}, 60_000);

test("a Redis that has forgotten a presale: whatever was charged for it goes back", async () => {
  await behave({ outage: "hang" });
  const all = buyers(6);
  await Promise.all(all.map(async (buyer, index) => book(buyer, await holdOf(buyer, [seat(index)]))));
  await redis.client.sRem(presaleNames.events, event);
  await redis.client.del(await redis.client.keys(`presale:${event}:*`));
  await behave({});
  await until(
    async () =>
      only(await entries(one.adminUrl), "booking")
        .filter(({ buyer }) => all.includes(buyer))
        .every(({ state }) => state === "refunded" || state === "failed"),
    { withinMs: 15_000, everyMs: 200, orElse: "bookings without seats are not called off" },
  );
  const charges = only(await entries(payments.url), "charge").filter(({ buyer }) => all.includes(buyer));
  // Of what hangs, about half was taken.
  expect(charges.every(({ state }) => state === "refunded")).toBe(true);
  await openPresale(50);
}, 60_000);

test("a replica that stands still is behind by the second, and confirmations do not come from it", async () => {
  const [buyer] = buyers(1) as [string];
  const pool = new pg.Pool({ connectionString: replica.adminUrl, max: 1 });
  await pool.query("SELECT pg_wal_replay_pause()");
  try {
    const { status, json } = await booked(buyer, await holdOf(buyer, [seat(0)]));
    expect(status).toBe(201);
    expect((await ask(of(`/bookings/${json.booking}?confirm=1`))).json.state).toBe("confirmed");
    expect((await ask(of(`/bookings/${json.booking}`))).json.state).toBe("confirmed");
    expect((await ask(of("/bookings"), { buyer })).json.bookings).toEqual([]);
    await until(async () => (await metric(one, "replica_lag_seconds")) > 1, {
      withinMs: 5000,
      everyMs: 100,
      orElse: "nobody sees that the replica lags",
    });
  } finally {
    await pool.query("SELECT pg_wal_replay_resume()");
    await pool.end();
  }
  await until(async () => (await metric(one, "replica_lag_seconds")) < 0.5, {
    withinMs: 5000,
    everyMs: 100,
    orElse: "the replica does not catch up",
  });
}, 60_000);

describe("planted bugs show", () => {
  test("double-charge: one booking, two charges", async () => {
    await behave({ latencyMs: 2500, jitterMs: 0 });
    const planted = await startOffice("box-office-4", { DEFECT: "double-charge" });
    const [buyer] = buyers(1) as [string];
    const { status, json } = await book(buyer, await holdOf(buyer, [seat(0)]), { at: planted });
    expect(status).toBe(202);
    await settled(json.booking, "confirmed", 20_000);
    const { charges } = await audit();
    expect(charges.map(({ booking, state }) => [booking, state])).toEqual([
      [json.booking, "taken"],
      [json.booking, "taken"],
    ]);
    // Put right by hand, for what is held to after each test.
    const key = `${json.booking}.again`;
    const headers = { "content-type": "application/json", ...asControl };
    await fetch(`${payments.url}/v1/refunds`, { method: "POST", headers, body: JSON.stringify({ key }) });
    await planted.process.stop();
  }, 60_000);

  test("stale-confirm: who has paid hears that nothing is known of it", async () => {
    const planted = await startOffice("box-office-5", { DEFECT: "stale-confirm" });
    const [buyer] = buyers(1) as [string];
    const pool = new pg.Pool({ connectionString: replica.adminUrl, max: 1 });
    await pool.query("SELECT pg_wal_replay_pause()");
    try {
      const { status, json } = await book(buyer, await holdOf(buyer, [seat(0)]), { at: planted });
      expect([status, json.state]).toEqual([202, "pending"]);
      const read = await ask(of(`/bookings/${json.booking}?confirm=1`), { at: planted });
      expect([read.status, read.json.code]).toEqual([404, "BOOKING_UNKNOWN"]);
      expect((await audit()).bookings).toMatchObject([{ booking: json.booking, state: "confirmed" }]);
    } finally {
      await pool.query("SELECT pg_wal_replay_resume()");
      await pool.end();
      await planted.process.stop();
    }
  }, 60_000);
});

describe("bad input is refused, and nothing changes", () => {
  test.each<[string, number, string, Ask]>([
    ["no admission", 401, "ADMISSION_INVALID", { buyer: "" }],
    ["no key", 400, "KEY_INVALID", { key: "" }],
    ["no body", 400, "BOOKING_INVALID", { body: {} }],
    ["half a body", 400, "BODY_INVALID", { body: '{"hold":' }],
    ["a card of our own words", 400, "BOOKING_INVALID", { body: { hold: "h-1", card: "a b" } }],
    ["a hold that never was", 409, "HOLD_EXPIRED", { body: { hold: "h-none", card: "c" } }],
    ["an admission that is over", 403, "ADMISSION_EXPIRED", { expiresAtUs: 1 }],
    ["far too much", 413, "BODY_TOO_LARGE", { body: { hold: "x".repeat(50_000), card: "c" } }],
  ])("%s", async (_, status, code, more) => {
    const [buyer] = buyers(1) as [string];
    const answer = await book(buyer, "h-1", more);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.fact).toBeTruthy();
    expect((await audit()).bookings).toEqual([]);
  });

  test("600 strange requests: none is a fault of ours, none books", async () => {
    const random = seeded(11);
    const [buyer] = buyers(1) as [string];
    const hold = await holdOf(buyer, [seat(0)]);
    const odd = [
      null,
      0,
      -1,
      "",
      "x".repeat(2000),
      "\u0000",
      "h-\uffff",
      [],
      {},
      [hold],
      { $gt: "" },
      true,
      1e308,
    ];
    const some = () => (random() < 0.4 ? hold : pick(random, odd));
    for (let index = 0; index < 600; index++) {
      const body = pick(random, [
        () => ({ hold: some(), card: pick(random, odd) }),
        () => ({ hold: pick(random, odd), card: "card-1" }),
        () => ({ hold, card: "card-1", more: some() }),
        () => [some()],
        () => `{"hold":"${hold}","card":`,
        () => `{"__proto__":{"hold":"${hold}"},"card":"c"}`,
      ])();
      const path = pick(random, [
        "/bookings",
        "/bookings/",
        "/bookings/b-x",
        "/bookings/%ff",
        "/holds/%2e%2e/bookings",
      ]);
      const method = pick(random, ["POST", "POST", "POST", "PUT", "DELETE"]);
      const { status, json } = await ask(of(path), { method, buyer, key: `odd-${index}`, body });
      expect([index, path, status >= 400 && status < 500]).toEqual([index, path, true]);
      expect(json.code, `${index}`).toMatch(/^[A-Z_]+$/);
    }
    const { bookings, charges } = await audit();
    expect([bookings, charges]).toEqual([[], []]);
    expect(await redis.client.hGet(presaleKeys(event).hold(hold), "state")).toBe("open");
  }, 60_000);

  test("bookings that are not there", async () => {
    for (const path of [
      "/bookings/b-1",
      `/bookings/b-${"x".repeat(22)}`,
      "/bookings/..%2f..",
      "/bookings/%00",
    ]) {
      const answer = await ask(of(path));
      expect([path, answer.status, answer.json.code]).toEqual([path, 404, "BOOKING_UNKNOWN"]);
    }
    expect((await ask("/api/presales/nothing/bookings/b-1")).json.code).toBe("PRESALE_UNKNOWN");
  });
});
