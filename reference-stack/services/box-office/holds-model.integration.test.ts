import { afterAll, beforeAll, expect, test } from "vitest";
import { seeded } from "../../../common/seeded.ts";
import { testPresale } from "../../testing/presale-script.ts";
import { pick } from "../../testing/random.ts";
import { startTestRedis, type TestRedis } from "../../testing/test-redis.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import { seatAudit } from "../presale/seat-audit.ts";
import { seatsOf } from "../presale/seat-of.ts";
import { openSeats } from "../presale/seats-open.ts";
import { Holds } from "./holds.ts";
import { Reconciler } from "./reconciler.ts";

/** Several small presales, each until most of it is sold: everything gets into everybody's way. */
const presales = 5;
const operations = 300;
const buyers = ["ann", "bob", "eve", "joe"];
const bookings = ["b-1", "b-2", "b-3"];
const keyNames = ["k-1", "k-2", "k-3", "k-4", "k-5"];
const limit = 3;
const holdMs = 1000;

interface Wish {
  buyer: string;
  seats: string[];
  key: string;
}

interface ModelHold {
  id: string;
  buyer: string;
  seats: string[];
  deadlineUs: number;
  state: "open" | "paying" | "sold" | "released";
  booking: string | undefined;
}

/** What the box office promises, said as plainly as can be. */
class Model {
  readonly holds: ModelHold[] = [];
  /** That were granted. */
  readonly wishes: Wish[] = [];
  readonly keys = new Map<string, { wish: string; hold: ModelHold }>();
  readonly #seats: string[];

  constructor(seats: string[]) {
    this.#seats = seats;
  }

  get live(): ModelHold[] {
    return this.holds.filter(({ state }) => state === "open" || state === "paying");
  }

  /** Seat → what the audit has to say of it; free seats are absent. */
  get taken(): Map<string, string> {
    const taken = new Map<string, string>();
    for (const { id, seats, state, booking, buyer } of this.holds) {
      if (state === "released") continue;
      for (const seat of seats) {
        expect(taken.has(seat)).toBe(false);
        taken.set(seat, state === "sold" ? `sold ${booking} ${buyer}` : `held ${id} ${buyer}`);
      }
    }
    return taken;
  }

  owned(buyer: string): number {
    const theirs = this.holds.filter((hold) => hold.buyer === buyer && hold.state !== "released");
    return theirs.reduce((sum, { seats }) => sum + seats.length, 0);
  }

  hold(buyer: string, seats: string[], key: string): string {
    const wish = seats.toSorted().join();
    const earlier = this.keys.get(`${buyer} ${key}`);
    if (earlier) return earlier.wish === wish ? `repeated ${earlier.hold.id}` : "key-reused";
    if (this.owned(buyer) + seats.length > limit) return "over-limit";
    const { taken } = this;
    const gone = seats.filter((seat) => taken.has(seat));
    return gone.length > 0 ? `taken ${gone}` : "granted";
  }

  extend({
    hold,
    buyer,
    booking,
    nowUs,
  }: {
    hold: ModelHold;
    buyer: string;
    booking?: string;
    nowUs: number;
  }): string {
    if (hold.buyer !== buyer) return "not-yours";
    if (hold.state === "released") return "expired";
    if (hold.state === "sold") return "sold";
    if (hold.state === "open" && hold.deadlineUs <= nowUs) return "expired";
    return hold.state === "paying" && hold.booking !== booking ? "paying" : "extended";
  }

  sell(hold: ModelHold, booking: string): string {
    if (hold.state === "released") return "released";
    return hold.booking === booking ? "sold" : "not-paying";
  }

  release({ hold, buyer, booking }: { hold: ModelHold; buyer: string; booking?: string }): string {
    if (hold.buyer !== buyer) return "not-yours";
    if (hold.state === "sold") return "sold";
    return hold.state === "paying" && hold.booking !== booking ? "paying" : "released";
  }

  get seats(): string[] {
    return this.#seats;
  }
}

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis();
}, 20_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

const everything = [
  ...["granted", "repeated", "taken", "over-limit", "key-reused", "expired", "nothing expired"],
  ...["extended", "expired", "paying", "sold", "not-yours"].map((outcome) => `extend ${outcome}`),
  ...["sold", "released", "not-paying"].map((outcome) => `sell ${outcome}`),
  ...["released", "paying", "sold", "not-yours"].map((outcome) => `release ${outcome}`),
];

test.each([[1], [2], [3]])(
  "whatever is done, in any order, is what was promised (seed %i)",
  async (seed) => {
    const random = seeded(seed);
    const outcomes = new Map<string, number>();
    await redis.client.flushAll();
    for (let index = 0; index < presales; index++) await sellOut(`final-${index}`, random, outcomes);
    // Nothing of it was left out.
    for (const what of everything) expect([what, outcomes.get(what) ?? 0]).not.toEqual([what, 0]);
  },
  60_000,
);

async function sellOut(event: string, random: () => number, outcomes: Map<string, number>): Promise<void> {
  const script = testPresale({ event, rows: 2, seatsPerRow: 3 });
  const keys = presaleKeys(event);
  await openSeats(redis.client, script);
  const model = new Model(script.venue.sections.flatMap((section) => [...seatsOf(section)]));
  let nowUs = 1_800_000_000_000_000;
  const link = {
    call: <T>(_: string, ask: (client: TestRedis["client"]) => Promise<T>) => ask(redis.client),
  };
  const holds = new Holds({ redis: link, nowUs: () => nowUs });
  const reconciler = new Reconciler({ redis: link });
  const count = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);

  const someHold = () => (model.holds.length === 0 ? undefined : pick(random, model.holds.slice(-12)));
  const ownerMostly = ({ buyer }: ModelHold) => (random() < 0.85 ? buyer : pick(random, buyers));
  const bookingMostly = ({ booking }: ModelHold) =>
    booking && random() < 0.7 ? booking : pick(random, bookings);

  async function wish({ buyer, seats, key }: Wish): Promise<void> {
    const expected = model.hold(buyer, seats, key);
    const request = { event, buyer, seats, idempotencyKey: key, holdMs, purchaseLimit: limit };
    const answer = await holds.hold(request);
    const detail =
      "taken" in answer ? ` ${answer.taken}` : answer.outcome === "repeated" ? ` ${answer.hold}` : "";
    expect(answer.outcome + detail).toBe(expected);
    count(answer.outcome);
    if (answer.outcome !== "granted") return;
    const { hold: id, deadlineUs } = answer;
    expect(deadlineUs).toBe(nowUs + holdMs * 1000);
    const held: ModelHold = { id, buyer, seats, deadlineUs, state: "open", booking: undefined };
    model.holds.push(held);
    model.keys.set(`${buyer} ${key}`, { wish: seats.toSorted().join(), hold: held });
    model.wishes.push({ buyer, seats, key });
  }

  const actions: (() => Promise<void>)[] = [
    async function hold() {
      if (model.wishes.length > 0 && random() < 0.15) return wish(pick(random, model.wishes));
      const buyer = pick(random, buyers);
      const wished = Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(random, model.seats));
      const seats = [...new Set(wished)];
      const key = random() < 0.2 ? pick(random, keyNames) : `k-${random()}`;
      return wish({ buyer, seats, key });
    },
    async function extend() {
      const hold = someHold();
      if (!hold) return;
      const buyer = ownerMostly(hold);
      const booking = random() < 0.7 ? bookingMostly(hold) : undefined;
      const untilUs = nowUs + Math.floor(random() * 2_000_000);
      const expected = model.extend({ hold, buyer, nowUs, ...(booking ? { booking } : {}) });
      const answer = await holds.extend({
        event,
        hold: hold.id,
        buyer,
        untilUs,
        ...(booking ? { booking } : {}),
      });
      expect(answer.outcome).toBe(expected);
      count(`extend ${answer.outcome}`);
      if (answer.outcome !== "extended") return;
      hold.deadlineUs = Math.max(hold.deadlineUs, untilUs);
      expect(answer.deadlineUs).toBe(hold.deadlineUs);
      if (booking) {
        hold.state = "paying";
        hold.booking = booking;
      }
    },
    async function sell() {
      const hold = someHold();
      if (!hold || (hold.state === "open" && random() < 0.5)) return;
      const booking = bookingMostly(hold);
      const expected = model.sell(hold, booking);
      const answer = await holds.sell({ event, hold: hold.id, booking });
      expect(answer.outcome).toBe(expected);
      count(`sell ${answer.outcome}`);
      if (answer.outcome === "sold") hold.state = "sold";
    },
    async function release() {
      const hold = someHold();
      if (!hold) return;
      const buyer = ownerMostly(hold);
      const booking = random() < 0.5 ? bookingMostly(hold) : undefined;
      const expected = model.release({ hold, buyer, ...(booking ? { booking } : {}) });
      const answer = await holds.release({ event, hold: hold.id, buyer, ...(booking ? { booking } : {}) });
      expect(answer.outcome).toBe(expected);
      count(`release ${answer.outcome}`);
      if (answer.outcome === "released") hold.state = "released";
    },
    async function reconcile() {
      const due = model.live.filter(({ deadlineUs }) => deadlineUs <= nowUs);
      const expired = due.filter(({ state }) => state === "open");
      expect(await reconciler.reconcile(event, nowUs)).toEqual({
        expired: expired.length,
        seats: expired.reduce((sum, { seats }) => sum + seats.length, 0),
        overdue: due.length - expired.length,
      });
      for (const hold of expired) hold.state = "released";
      count(expired.length > 0 ? "expired" : "nothing expired");
    },
    async function wait() {
      nowUs += Math.floor(random() * 600_000);
    },
  ];
  const weights = [0.4, 0.55, 0.58, 0.72, 0.82, 1];

  for (let index = 0; index < operations; index++) {
    const die = random();
    await actions[weights.findIndex((weight) => die < weight)]!();
    const taken = new Map<string, string>();
    let free = 0;
    for await (const entry of seatAudit(redis.client, script)) {
      if (entry.type === "section") free += entry.free;
      if (entry.type !== "seat") continue;
      if (entry.state === "indeterminate") throw new Error(`${entry.seat}: ${entry.detail}`);
      const by = entry.state === "sold" ? entry.booking : entry.hold;
      taken.set(entry.seat, `${entry.state} ${by} ${entry.buyer}`);
    }
    expect(taken).toEqual(model.taken);
    expect(free).toBe(model.seats.length - taken.size);
    const sold = [...taken.values()].filter((state) => state.startsWith("sold")).length;
    expect(Number((await redis.client.get(keys.soldSeats)) ?? 0)).toBe(sold);
    expect(await redis.client.zCard(keys.holds)).toBe(model.live.length);
    for (const buyer of buyers) {
      expect(Number((await redis.client.get(keys.owned(buyer))) ?? 0)).toBe(model.owned(buyer));
    }
  }
}
