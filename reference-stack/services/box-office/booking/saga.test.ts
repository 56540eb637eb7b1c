import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { seeded } from "../../../../common/seeded.ts";
import { ServiceMetrics } from "../../../service-kit/metrics.ts";
import { Tracing } from "../../../service-kit/tracing.ts";
import { pick } from "../../../testing/random.ts";
import { Books } from "../../payments/books.ts";
import type { Booking } from "./booking.ts";
import type { Cancelled, Charged } from "./payments.ts";
import { Saga } from "./saga.ts";

type HoldState = "open" | "paying" | "sold" | "released" | "unknown";

const recorded: Booking = {
  ...{ booking: "b-1", event: "final", buyer: "ann", key: "k", hold: "h-1", card: "card-1" },
  ...{
    seats: ["north-1-1"],
    amountCents: 9000,
    state: "pending",
    givingUp: false,
    createdAtUs: 1,
    changedAtUs: 1,
  },
};

/** One booking with its row, its hold and the provider's books; any call to them may be cut off, before or after it counts. */
class World {
  row = { ...recorded };
  hold: HoldState = "open";
  readonly books = new Books();
  declines = false;
  /** Whether the next call fails, and when. */
  trouble: () => "none" | "before" | "after" = () => "none";

  readonly saga = new Saga({
    metrics: new ServiceMetrics("test"),
    tracing: new Tracing("test", { share: 0 }),
    nowUs: () => 0,
    store: {
      find: () => this.#call(() => ({ ...this.row })),
      end: (_, state, charge) =>
        this.#call(() => {
          const givesUp = state === "failed" || state === "refunded";
          if (this.row.state !== "pending" || this.row.givingUp !== givesUp) return undefined;
          this.row = { ...this.row, state, ...(charge === undefined ? {} : { charge }) };
          return { ...this.row };
        }),
      giveUp: ({ state }) =>
        this.#call(() => {
          if (this.row.state !== state) return undefined;
          this.row = { ...this.row, state: "pending", givingUp: true };
          return { ...this.row };
        }),
    },
    holds: {
      extend: () =>
        this.#call(() => {
          if (this.hold === "sold") return { outcome: "sold", booking: "b-1" };
          if (this.hold === "released") return { outcome: "expired" };
          if (this.hold === "unknown") return { outcome: "unknown" };
          this.hold = "paying";
          return { outcome: "extended", deadlineUs: 0, seats: recorded.seats };
        }),
      sell: () =>
        this.#call(() => {
          if (this.hold === "unknown" || this.hold === "released") return { outcome: this.hold };
          const first = this.hold !== "sold";
          this.hold = "sold";
          return { outcome: "sold", seats: recorded.seats, heldUs: 0, first };
        }),
      release: () =>
        this.#call(() => {
          if (this.hold === "sold" || this.hold === "unknown") return { outcome: this.hold };
          this.hold = "released";
          return { outcome: "released", heldUs: 0, first: true };
        }),
    },
    payments: {
      charge: ({ booking, buyer, amountCents, card }) =>
        this.#unlessUnknown<Charged>({ outcome: "unknown" }, () => {
          const state = this.declines ? "declined" : "taken";
          const made = this.books.charge({ key: booking, booking, buyer, amountCents, card }, () => ({
            ...{ state, atUs: 0, answerAtMs: 0 },
          }));
          if ("refused" in made) return { outcome: "cancelled" };
          const { state: outcome, charge } = made.charge;
          return outcome === "refunded" ? { outcome: "cancelled" } : { outcome, charge };
        }),
      cancel: ({ booking }) =>
        this.#unlessUnknown<Cancelled>("unknown", () =>
          this.books.cancel(booking)?.state === "refunded" ? "returned" : "nothing",
        ),
    },
  });

  get standing() {
    return { row: this.row.state, hold: this.hold, charges: this.books.all().map((entry) => stateOf(entry)) };
  }

  async #call<T>(act: () => T): Promise<T> {
    const trouble = this.trouble();
    if (trouble === "before") throw new Error("cut off");
    const answer = act();
    if (trouble === "after") throw new Error("the answer was lost");
    return answer;
  }

  #unlessUnknown<T>(unknown: T, act: () => T): Promise<T> {
    return this.#call(act).catch(() => unknown);
  }
}

/** Its log says what it could not do: here that is most of the time. */
beforeAll(() => void vi.spyOn(process.stderr, "write").mockReturnValue(true));
afterAll(() => vi.restoreAllMocks());

const stateOf = (entry: { type: string }) => ("state" in entry ? entry.state : undefined);

let world: World;
beforeEach(() => {
  world = new World();
});
const drive = () => world.saga.drive({ ...world.row });

describe("a booking", () => {
  test("is charged, confirmed and sold", async () => {
    expect(await drive()).toMatchObject({ state: "confirmed", charge: expect.stringMatching(/^ch-/) });
    expect(world.standing).toEqual({ row: "confirmed", hold: "sold", charges: ["taken"] });
  });

  test("that is declined gives its seats back", async () => {
    world.declines = true;
    expect(await drive()).toMatchObject({ state: "declined" });
    expect(world.standing).toEqual({ row: "declined", hold: "released", charges: ["declined"] });
  });

  test.each<HoldState>(["released", "unknown"])("whose hold is %s is charged nothing", async (hold) => {
    world.hold = hold;
    expect(await drive()).toMatchObject({ state: "failed" });
    expect(world.standing).toMatchObject({ row: "failed", charges: [] });
  });

  test("that was charged by a box office that is gone, and whose hold is lost, gets its money back", async () => {
    world.books.charge({ ...recorded, key: "b-1" }, () => ({ state: "taken", atUs: 0, answerAtMs: 0 }));
    world.hold = "released";
    expect(await drive()).toMatchObject({ state: "refunded" });
    expect(world.standing).toEqual({ row: "refunded", hold: "released", charges: ["refunded"] });
  });

  test("whose seats are lost between charge and sale gets its money back", async () => {
    let calls = 0;
    world.trouble = () => {
      // The fourth call is the sale; before it a Redis has forgotten everything.
      if (++calls === 4) world.hold = "unknown";
      return "none";
    };
    expect(await drive()).toMatchObject({ state: "refunded" });
    expect(world.standing).toEqual({ row: "refunded", hold: "unknown", charges: ["refunded"] });
  });

  test("is driven once by all who ask for it at the same time", async () => {
    const first = drive();
    expect(drive()).toBe(first);
    expect(world.saga.underWay).toBe(1);
    await first;
    expect(world.saga.underWay).toBe(0);
  });

  test("whose payment is unknown stays pending, and keeps its seats", async () => {
    let calls = 0;
    world.trouble = () => (++calls === 2 ? "after" : "none");
    expect(await drive()).toMatchObject({ state: "pending" });
    expect(world.standing).toEqual({ row: "pending", hold: "paying", charges: ["taken"] });
    await drive();
    expect(world.standing).toEqual({ row: "confirmed", hold: "sold", charges: ["taken"] });
  });

  test("that is called off takes nothing, also from a charge that is still on its way", async () => {
    expect(await world.saga.giveUp({ ...world.row })).toMatchObject({ state: "failed" });
    // A box office that stood still since it read the row.
    expect(await world.saga.drive({ ...recorded })).toMatchObject({ state: "failed" });
    expect(world.standing).toEqual({ row: "failed", hold: "released", charges: [] });
  });
});

test("whatever is cut off, and whoever drives: money and seats agree in the end", async () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 500; seed++) {
    const random = seeded(seed);
    world = new World();
    world.declines = random() < 0.2;
    world.trouble = () => (random() < 0.3 ? (random() < 0.5 ? "before" : "after") : "none");
    const stale = [{ ...world.row }];
    for (let round = 0; round < 12; round++) {
      // Several drivers, some with a row of long ago; one may think that it has waited for long enough.
      const row = pick(random, stale);
      const act = random() < 0.1 ? world.saga.giveUp(row) : world.saga.drive(row);
      await Promise.allSettled([act, world.saga.drive({ ...world.row })]);
      stale.push({ ...world.row });
    }
    world.trouble = () => "none";
    // What the worker does: pending rows are driven on, and holds in payment brought to what their row says.
    await world.saga.drive({ ...world.row });
    if (world.hold === "paying") await world.saga.settle({ ...world.row });
    const { row, hold, charges } = world.standing;
    const standing = `${row}, ${hold === "open" ? "released" : hold}, ${charges.join()}`;
    ends.add(standing);
    expect(
      ["confirmed, sold, taken", "declined, released, declined", "refunded, released, refunded"].includes(
        standing,
      ) || /^failed, released, (declined)?$/.test(standing),
      `seed ${seed}: ${standing}`,
    ).toBe(true);
  }
  // Every way to end was met.
  expect(ends.size).toBeGreaterThanOrEqual(4);
});
