import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AuditEntry } from "../../../common/presale.ts";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { testPresale } from "../../testing/presale-script.ts";
import { startTestRedis, type TestRedis } from "../../testing/test-redis.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { seatAudit } from "../presale/seat-audit.ts";
import { seatsOf } from "../presale/seat-of.ts";
import { openSeats } from "../presale/seats-open.ts";
import { Holds } from "./holds.ts";
import { Reconciler } from "./reconciler.ts";

let redis: TestRedis;
let link: Pick<RedisLink, "call">;
let atUs: number;
let holds: Holds;
let reconciler: Reconciler;
const keys = presaleKeys("final");
const script = testPresale();

beforeAll(async () => {
  redis = await startTestRedis();
  link = { call: (_, ask) => ask(redis.client) };
}, 20_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

beforeEach(async () => {
  await redis.client.flushAll();
  await openSeats(redis.client, script);
  atUs = 1_800_000_000_000_000;
  holds = new Holds({ redis: link, nowUs: () => atUs });
  reconciler = new Reconciler({ redis: link });
});

let lastKey = 0;
const wish = (buyer: string, seats: string[], idempotencyKey = `k-${++lastKey}`) => ({
  ...{ event: "final", buyer, seats, idempotencyKey },
  ...{ holdMs: 10_000, purchaseLimit: 4 },
});

async function granted(buyer: string, seats: string[], key?: string): Promise<string> {
  const answer = await holds.hold(wish(buyer, seats, key));
  if (answer.outcome !== "granted") throw new Error(`not granted: ${JSON.stringify(answer)}`);
  return answer.hold;
}

async function audit(of: OpenPresale = script, client = redis.client): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of seatAudit(client, of)) entries.push(entry);
  return entries;
}

/** `free`, `held`, `sold` and `indeterminate` seats. */
async function tally(of?: OpenPresale, client?: RedisClient): Promise<Record<string, number>> {
  const sums: Record<string, number> = { free: 0, held: 0, sold: 0, indeterminate: 0 };
  for (const entry of await audit(of, client)) {
    if (entry.type === "section") sums.free! += entry.free;
    if (entry.type === "seat") sums[entry.state]!++;
  }
  return sums;
}

const ownedBy = async (buyer: string) => Number((await redis.client.get(keys.owned(buyer))) ?? 0);

test("opening twice changes nothing", async () => {
  await granted("ann", ["north-1-1"]);
  expect(await openSeats(redis.client, script)).toBe(0);
  expect(await tally()).toEqual({ free: 19, held: 1, sold: 0, indeterminate: 0 });
});

describe("a hold", () => {
  test("has all of its seats, or none", async () => {
    await granted("ann", ["north-1-1", "north-1-2"]);
    expect(await holds.hold(wish("bob", ["north-1-2", "north-1-3"]))).toEqual({
      outcome: "taken",
      taken: ["north-1-2"],
    });
    expect(await tally()).toEqual({ free: 18, held: 2, sold: 0, indeterminate: 0 });
    expect(await ownedBy("bob")).toBe(0);
    expect([await redis.client.get(keys.granted), await redis.client.get(keys.conflicts)]).toEqual([
      "1",
      "1",
    ]);
  });

  test("is the same when it is asked for again, and not another one under the same key", async () => {
    const hold = await granted("ann", ["north-1-1", "north-1-2"], "k");
    const again = await holds.hold(wish("ann", ["north-1-2", "north-1-1"], "k"));
    expect(again).toEqual({ outcome: "repeated", hold, deadlineUs: atUs + 10_000_000 });
    expect(await holds.hold(wish("ann", ["north-1-3"], "k"))).toEqual({ outcome: "key-reused" });
    await granted("bob", ["north-1-3"], "k");
    expect(await tally()).toMatchObject({ free: 17, held: 3 });
  });

  test("goes back when its buyer says so, once", async () => {
    const hold = await granted("ann", ["north-1-1"]);
    const release = { event: "final", hold };
    expect(await holds.release({ ...release, buyer: "bob" })).toEqual({ outcome: "not-yours" });
    expect(await holds.release({ ...release, buyer: "ann" })).toMatchObject({
      outcome: "released",
      first: true,
    });
    expect(await holds.release({ ...release, buyer: "ann" })).toMatchObject({
      outcome: "released",
      first: false,
    });
    expect(await holds.release({ ...release, hold: "h-none", buyer: "ann" })).toEqual({ outcome: "unknown" });
    expect(await tally()).toEqual({ free: 20, held: 0, sold: 0, indeterminate: 0 });
    expect(await ownedBy("ann")).toBe(0);
  });

  test("expires, and is nobody's to pay for from its deadline on", async () => {
    const hold = await granted("ann", ["north-1-1", "south-2-5"]);
    const keep = { event: "final", hold, buyer: "ann", untilUs: atUs + 60_000_000 };
    expect(await reconciler.reconcile("final", atUs + 9_999_999)).toEqual({
      expired: 0,
      seats: 0,
      overdue: 0,
    });
    atUs += 10_000_000;
    expect(await holds.extend(keep)).toEqual({ outcome: "expired" });
    expect(await reconciler.reconcile("final", atUs)).toEqual({ expired: 1, seats: 2, overdue: 0 });
    expect(await reconciler.reconcile("final", atUs)).toEqual({ expired: 0, seats: 0, overdue: 0 });
    expect(await holds.extend(keep)).toEqual({ outcome: "expired" });
    expect(await tally()).toEqual({ free: 20, held: 0, sold: 0, indeterminate: 0 });
    expect(await ownedBy("ann")).toBe(0);
  });

  test("that is being paid does not expire; what lies behind it does", async () => {
    const paid = await granted("ann", ["north-1-1"]);
    const other = await granted("bob", ["north-1-2"]);
    const pay = { event: "final", hold: paid, buyer: "ann", untilUs: atUs + 1, booking: "b-1" };
    expect(await holds.extend(pay)).toMatchObject({ outcome: "extended", deadlineUs: atUs + 10_000_000 });
    expect(await holds.extend({ ...pay, booking: "b-2" })).toEqual({ outcome: "paying", booking: "b-1" });
    expect(await holds.release({ event: "final", hold: paid, buyer: "ann" })).toEqual({ outcome: "paying" });
    atUs += 60_000_000;
    expect(await reconciler.reconcile("final", atUs)).toEqual({ expired: 1, seats: 1, overdue: 1 });
    expect(await holds.sell({ event: "final", hold: other, booking: "b-3" })).toEqual({
      outcome: "released",
    });
    expect(await holds.sell({ event: "final", hold: paid, booking: "b-2" })).toEqual({
      outcome: "not-paying",
    });
    const sold = { outcome: "sold", seats: ["north-1-1"], heldUs: 60_000_000 };
    const sell = { event: "final", hold: paid, booking: "b-1" };
    expect(await holds.sell(sell)).toEqual({ ...sold, first: true });
    expect(await holds.sell(sell)).toEqual({ ...sold, first: false });
    expect(await audit()).toContainEqual({
      type: "seat",
      seat: "north-1-1",
      state: "sold",
      booking: "b-1",
      buyer: "ann",
    });
    expect(await holds.release({ event: "final", hold: paid, buyer: "ann" })).toEqual({ outcome: "sold" });
    expect([await ownedBy("ann"), await ownedBy("bob")]).toEqual([1, 0]);
  });

  test("that could not be paid goes back by its booking", async () => {
    const hold = await granted("ann", ["north-1-1"]);
    await holds.extend({ event: "final", hold, buyer: "ann", untilUs: atUs, booking: "b-1" });
    const giveUp = { event: "final", hold, buyer: "ann", booking: "b-1" };
    expect(await holds.release(giveUp)).toMatchObject({ outcome: "released", first: true });
    expect(await holds.sell({ event: "final", hold, booking: "b-1" })).toEqual({ outcome: "released" });
    expect(await tally()).toEqual({ free: 20, held: 0, sold: 0, indeterminate: 0 });
  });

  test("many that are being paid do not hide those that expire", async () => {
    const big = testPresale({ event: "final", rows: 30, seatsPerRow: 30 });
    await openSeats(redis.client, big);
    const seats = big.venue.sections.flatMap((section) => [...seatsOf(section)]).slice(0, 500);
    await Promise.all(
      seats.map(async (seat, index) => {
        const hold = await granted(`b-${index}`, [seat]);
        // The first 450 by deadline.
        if (index < 450) {
          const buyer = `b-${index}`;
          await holds.extend({ event: "final", hold, buyer, untilUs: atUs, booking: `p-${index}` });
        }
      }),
    );
    const done = await reconciler.reconcile("final", atUs + 10_000_000);
    expect(done).toEqual({ expired: 50, seats: 50, overdue: 450 });
  });
});

test("2,000 at once on 100 seats: no seat twice, the sums right at each instant, nobody over the limit", async () => {
  const full = testPresale({ rows: 5, seatsPerRow: 10 });
  await redis.client.flushAll();
  await openSeats(redis.client, full);
  const seats = full.venue.sections.flatMap((section) => [...seatsOf(section)]);
  const owners = new Map<string, string>();
  const clients = await Promise.all(Array.from({ length: 5 }, () => redis.connect()));
  const [watcher, ...boxOffices] = clients;
  const offices = boxOffices.map(
    (client) => new Holds({ redis: { call: (_, ask) => ask(client) }, nowUs: () => atUs }),
  );
  let open = true;
  const watching = (async () => {
    let looks = 0;
    for (; open; looks++) {
      const { free, held, indeterminate } = await tally(full, watcher);
      expect([free! + held!, indeterminate]).toEqual([100, 0]);
    }
    return looks;
  })();
  // Each of 500 buyers asks for two pairs twice, at the same time; the limit is of three tickets.
  const answers = await Promise.all(
    Array.from({ length: 2000 }, async (_, index) => {
      const buyer = `b-${index % 500}`;
      const first = (index * 7) % 99;
      const pair = [seats[first]!, seats[first + 1]!];
      const office = offices[index % offices.length]!;
      const answer = await office.hold({ ...wish(buyer, pair), purchaseLimit: 3 });
      if (answer.outcome === "granted") {
        for (const seat of pair) {
          expect(owners.get(seat)).toBeUndefined();
          owners.set(seat, buyer);
        }
      }
      return answer;
    }),
  );
  open = false;
  expect(await watching).toBeGreaterThan(1);
  const outcomes = Map.groupBy(answers, ({ outcome }) => outcome);
  const grants = outcomes.get("granted")!.length;
  expect(grants).toBeGreaterThan(30);
  expect(grants + (outcomes.get("taken")?.length ?? 0) + (outcomes.get("over-limit")?.length ?? 0)).toBe(
    2000,
  );
  expect(await tally(full)).toEqual({ free: 100 - 2 * grants, held: 2 * grants, sold: 0, indeterminate: 0 });
  const perBuyer = Map.groupBy(owners.values(), (buyer) => buyer);
  expect(Math.max(...[...perBuyer.values()].map(({ length }) => length))).toBe(2);
});

test("the purchase limit holds for one buyer who asks for everything at once", async () => {
  const seats = script.venue.sections.flatMap((section) => [...seatsOf(section)]);
  const answers = await Promise.all(seats.map((seat) => holds.hold(wish("ann", [seat]))));
  expect(answers.filter(({ outcome }) => outcome === "granted")).toHaveLength(4);
  expect(answers.filter(({ outcome }) => outcome === "over-limit")).toHaveLength(16);
  expect(await tally()).toMatchObject({ free: 16, held: 4 });
});

test("twenty times the same wish at once is one hold", async () => {
  const asked = Array.from({ length: 20 }, () => holds.hold(wish("ann", ["north-1-1"], "same")));
  const answers = await Promise.all(asked);
  expect(new Set(answers.map((answer) => "hold" in answer && answer.hold)).size).toBe(1);
  expect(answers.filter(({ outcome }) => outcome === "granted")).toHaveLength(1);
  expect(await tally()).toMatchObject({ free: 19, held: 1 });
});

test("what was sold out is said to be", async () => {
  await granted("ann", ["north-1-1"]);
  await redis.client.set(keys.soldOut, atUs);
  expect(await holds.hold(wish("bob", ["north-1-1"]))).toEqual({ outcome: "sold-out" });
});

describe("planted bugs are found", () => {
  test("oversell-race: one seat, two buyers", async () => {
    const racing = new Holds({ redis: link, nowUs: () => atUs, defect: "oversell-race" });
    const answers = await Promise.all(["ann", "bob"].map((buyer) => racing.hold(wish(buyer, ["north-1-1"]))));
    expect(answers.map(({ outcome }) => outcome)).toEqual(["granted", "granted"]);
  });

  test("lost-hold: seats that are nobody's", async () => {
    const forgetful = new Reconciler({ redis: link, defect: "lost-hold" });
    const hold = await granted("ann", ["north-1-1", "north-1-2"]);
    atUs += 10_000_000;
    await forgetful.reconcile("final", atUs);
    expect(await tally()).toEqual({ free: 18, held: 0, sold: 0, indeterminate: 2 });
    expect(await audit()).toContainEqual({
      type: "seat",
      seat: "north-1-1",
      state: "indeterminate",
      detail: `held:${hold}, which is released and expires no more`,
    });
  });
});
