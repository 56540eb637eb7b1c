import { expect, test } from "vitest";
import { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { JobLease } from "../../presale/job-lease.ts";
import type { Presales } from "../../presale/presales.ts";
import type { Booking } from "./booking.ts";
import type { BookingStore } from "./booking-store.ts";
import type { Payments } from "./payments.ts";
import type { Saga } from "./saga.ts";
import { BookingWorker } from "./worker.ts";

const booking = (id: string, more: Partial<Booking> = {}): Booking => ({
  ...{ booking: id, event: "final", buyer: "ann", key: id, hold: `h-${id}`, card: "card-1" },
  ...{
    seats: ["north-1-1"],
    amountCents: 9000,
    state: "pending",
    givingUp: false,
    createdAtUs: 0,
    changedAtUs: 0,
  },
  ...more,
});

interface Standing {
  rows: Booking[];
  paying?: string[];
  /** Whether Redis knows of the presale. */
  known?: boolean;
}

/** A worker at second 10, over rows and holds that stand as they are given. */
function workerOver({ rows, paying = [], known = true }: Standing) {
  const done: string[] = [];
  const take = (id: string) => {
    const index = rows.findIndex((row) => row.booking === id && row.state === "pending");
    if (index >= 0) rows.splice(index, 1);
    if (paying.includes(id)) paying.splice(paying.indexOf(id), 1);
  };
  const act = (what: string) => async (row: Booking) => {
    done.push(`${what} ${row.booking}`);
    take(row.booking);
    return row;
  };
  const pending = () => rows.filter(({ state }) => state === "pending");
  const worker = new BookingWorker({
    store: {
      pendingEvents: async () => pending().map(({ event }) => event),
      pending: async () => pending(),
      countPending: async () => pending().length,
      findAll: async (_: string, ids: string[]) => rows.filter((row) => ids.includes(row.booking)),
    } as unknown as BookingStore,
    saga: {
      underWay: 0,
      drive: act("drive"),
      giveUp: act("give up"),
      settle: act("settle"),
    } as unknown as Saga,
    payments: { condition: "well" } as Payments,
    redis: { call: async () => [...paying] as never },
    presales: {
      all: () => (known ? [{ script: { event: "final" } }] : []).values(),
    } as unknown as Presales,
    lease: {} as JobLease,
    metrics: new ServiceMetrics("test"),
    nowUs: () => 10_000_000,
    giveUpAfterMs: 5000,
  });
  return { worker, done };
}

test("what is pending is driven on; what is pending for too long is called off", async () => {
  const rows = [booking("b-old", { createdAtUs: 4_000_000 }), booking("b-new", { createdAtUs: 9_000_000 })];
  const { worker, done } = workerOver({ rows });
  await worker.quiesce(1000);
  expect(done).toEqual(["give up b-old", "drive b-new"]);
});

test("also of a presale that Redis has forgotten", async () => {
  const { worker, done } = workerOver({ rows: [booking("b-1", { createdAtUs: 9_000_000 })], known: false });
  await worker.quiesce(1000);
  expect(done).toEqual(["drive b-1"]);
});

test("seats are brought to what their row says", async () => {
  const rows = [booking("b-1", { state: "confirmed" }), booking("b-2", { state: "declined" })];
  const { worker, done } = workerOver({ rows, paying: ["b-1", "b-2"] });
  await worker.quiesce(1000);
  expect(done).toEqual(["settle b-1", "settle b-2"]);
});

test("what does not come to an end is told", async () => {
  const { worker } = workerOver({ rows: [booking("b-1")], paying: ["b-unknown"] });
  await expect(worker.quiesce(50)).rejects.toMatchObject({
    code: "STILL_UNDER_WAY",
    message: expect.stringContaining("still under way after 50 ms"),
  });
});
