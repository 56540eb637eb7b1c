import { expect, test } from "vitest";
import { judge } from "../../../judge.ts";
import {
  audited,
  healthyPresale,
  type PresaleRun,
  presaleInvariants,
} from "../../../testing/presale-record.ts";
import type { Booking, Charge, Place, Seat } from "../books.ts";

const failing = ({ plan, record }: PresaleRun) =>
  judge(plan, record).invariants.filter(({ ok }) => ok !== true);
const bookingOf = (run: PresaleRun, buyer: string) =>
  audited(run, "booking").find((booking) => booking.buyer === buyer)!;
const chargeOf = (run: PresaleRun, buyer: string) =>
  audited(run, "charge").find((charge) => charge.buyer === buyer)!;
const placeOf = (run: PresaleRun, buyer: string) =>
  audited(run, "place").find((place) => place.buyer === buyer)!;
const seatsOf = (run: PresaleRun, buyer: string) =>
  audited(run, "seat").filter((seat) => seat.state !== "indeterminate" && seat.buyer === buyer);
/** The audit says itself how many places it holds. */
const recount = (run: PresaleRun) => {
  audited(run, "presale")[0]!.joined = audited(run, "place").length;
};
const remove = (run: PresaleRun, ...entries: PresaleRun["record"]["audit"]) => {
  run.record.audit = run.record.audit.filter((entry) => !entries.includes(entry));
  recount(run);
};
const add = (run: PresaleRun, ...entries: PresaleRun["record"]["audit"]) => {
  run.record.audit.push(...entries);
  recount(run);
};
/** A client that was told nothing, and went. */
const silence = (run: PresaleRun, client: number) => {
  run.record.history = run.record.history!.filter((entry) => entry.client !== client || entry.type === "end");
  const end = told(run, client, "end");
  delete end.values;
  Object.assign(end, { end: "abandoned", cause: "went away" });
};
const told = (run: PresaleRun, client: number, type: string, step = "") =>
  run.record.history!.findLast(
    (entry) => entry.client === client && entry.type === type && (step === "" || entry.step === step),
  )!;

/** A client asks what became of its booking; `state`: what it is told. */
const ask = (
  run: PresaleRun,
  client: number,
  { invokeAtUs, okAtUs, state }: { invokeAtUs: number; okAtUs: number; state: string },
) => {
  const of = { client, step: "confirmation", attempt: 1 };
  const at = run.record.history!.indexOf(told(run, client, "end"));
  const { values = {} } = told(run, client, "ok", "book");
  run.record.history!.splice(
    at,
    0,
    { ...of, type: "invoke", atUs: invokeAtUs, values },
    { ...of, type: "ok", atUs: okAtUs, status: 200, values: { ...values, state } },
  );
};

test("all hold in a healthy presale, and tell how much they looked at", () => {
  const { plan, record } = healthyPresale();
  const { invariants } = judge(plan, record);
  expect(invariants.map(({ id, ok, checked }) => [id, ok, checked])).toEqual([
    ["no-seat-sold-twice", true, 76],
    ["no-seat-lost", true, 80],
    ["paid-booking-recorded-once", true, 37],
    ["no-payment-without-seat", true, 37],
    ["no-lost-place", true, 200],
    ["admission-in-order", true, 40],
    ["purchase-limit-kept", true, 38],
  ]);
  expect(invariants.flatMap(({ violations }) => violations)).toEqual([]);
});

/** What is planted, the one invariant that must fail, and what it must name. */
const planted: [name: string, invariant: string, plant: (run: PresaleRun) => void, names: string | RegExp][] =
  [
    [
      "two confirmed bookings of one seat",
      "no-seat-sold-twice",
      (run) => {
        bookingOf(run, "11").seats[0] = bookingOf(run, "7").seats[0]!;
      },
      /^seat \S+ has two owners: buyer 7 \(booking b-7\) and buyer 11 \(booking b-11\)$/,
    ],
    [
      "a seat that Redis sold to another than the ledger says",
      "no-seat-sold-twice",
      (run) => {
        const [seat] = seatsOf(run, "7") as [Seat & { state: "sold" }];
        Object.assign(seat, { booking: "b-8", buyer: "8" });
      },
      /^seat \S+ has two owners: buyer 7 \(booking b-7\) and buyer 8 \(sold in Redis, booking b-8\)$/,
    ],
    [
      "two holds on one seat",
      "no-seat-sold-twice",
      (run) => {
        const [hold] = audited(run, "hold").filter(({ state }) => state === "open");
        add(run, { ...hold!, hold: "h-199", buyer: "199", seats: [hold!.seats[0]!] });
      },
      /has two owners: buyer \d+ \(hold h-\d+\) and buyer 199 \(hold h-199\)$/,
    ],
    [
      "a hold on a seat that is sold",
      "no-seat-sold-twice",
      (run) => {
        const [hold] = audited(run, "hold").filter(({ state }) => state === "open");
        add(run, { ...hold!, hold: "h-199", buyer: "199", seats: bookingOf(run, "7").seats });
      },
      "buyer 199 (hold h-199)",
    ],
    [
      "a seat in no state",
      "no-seat-lost",
      (run) => {
        const section = audited(run, "section").find(({ free }) => free > 0)!;
        section.free -= 1;
        const detail = "neither free nor held nor sold";
        add(run, { type: "seat", seat: `${section.section}-4-9`, state: "indeterminate", detail });
      },
      /^seat \S+ is in no state: neither free nor held nor sold$/,
    ],
    [
      "a seat that nobody counts",
      "no-seat-lost",
      (run) => {
        audited(run, "section").find(({ free }) => free > 0)!.free -= 1;
      },
      /^section south has 40 seats, and 39 are free, held or sold$/,
    ],
    [
      "a hold that is overdue",
      "no-seat-lost",
      (run) => {
        const [seat] = audited(run, "seat").filter(({ state }) => state === "held") as [
          Seat & { state: "held" },
        ];
        seat.deadlineUs = run.plan.startAtUs! + 40_000_000;
      },
      /^seat \S+ is still held by buyer \d+ \(hold h-\d+\), 20 s after its deadline$/,
    ],
    [
      "a seat sold by a booking that was refunded",
      "no-seat-lost",
      (run) => {
        bookingOf(run, "7").state = chargeOf(run, "7").state = "refunded";
        silence(run, 7);
      },
      /^seat \S+ is sold to buyer 7 by booking b-7, which is refunded$/,
    ],
    [
      "a booking that was paid twice",
      "paid-booking-recorded-once",
      (run) => add(run, { ...chargeOf(run, "7"), charge: "c-7x", key: "b-7-2" }),
      "booking b-7 of buyer 7 was paid 2 times: charges c-7 and c-7x",
    ],
    [
      "a paid booking that no database has",
      "paid-booking-recorded-once",
      (run) => {
        remove(run, bookingOf(run, "7"));
        silence(run, 7);
      },
      "booking b-7 of buyer 7 was paid (charge c-7), and no database has it",
    ],
    [
      "a booking in two shards",
      "paid-booking-recorded-once",
      (run) => add(run, { ...bookingOf(run, "7"), shard: 0, seats: [], state: "declined" }),
      "booking b-7 of buyer 7 stands 2 times: shard 1 and shard 0",
    ],
    [
      "a booking that nobody paid",
      "paid-booking-recorded-once",
      (run) => {
        chargeOf(run, "7").state = "refunded";
      },
      "booking b-7 of buyer 7 is confirmed, and nothing was paid for it",
    ],
    [
      "one wish that made two bookings",
      "paid-booking-recorded-once",
      (run) => {
        bookingOf(run, "8").key = bookingOf(run, "7").key;
        bookingOf(run, "8").buyer = "7";
        for (const seat of seatsOf(run, "8")) Object.assign(seat, { buyer: "7" });
      },
      "one request of buyer 7 (key key-7) made bookings b-7 and b-8",
    ],
    [
      "a buyer who was told confirmed, without a booking",
      "paid-booking-recorded-once",
      (run) => {
        told(run, 39, "fail", "book").type = "ok";
        told(run, 39, "ok", "book").status = 201;
      },
      "client 39 was told that booking b-39 is confirmed, and it is declined",
    ],
    [
      "a buyer who was told no, with a booking",
      "paid-booking-recorded-once",
      (run) => {
        told(run, 7, "ok", "book").status = 202;
        Object.assign(told(run, 7, "end"), { end: "failed", cause: "the booking is not there", values: {} });
      },
      "client 7 was told that booking b-7 is none (the booking is not there), and it is confirmed",
    ],
    [
      "a buyer who was told confirmed, and then pending",
      "paid-booking-recorded-once",
      (run) => {
        const values = { state: "pending" };
        Object.assign(told(run, 7, "end"), { end: "abandoned", cause: "the run ended", values });
      },
      "client 7 was told that booking b-7 is confirmed, and later that it is pending",
    ],
    [
      "a buyer who asked again after the confirmation, and was told pending",
      "paid-booking-recorded-once",
      (run) => {
        bookingOf(run, "7").changedAtUs = told(run, 7, "invoke", "book").atUs - 2_100_000;
        told(run, 7, "ok", "book").status = 202;
      },
      "client 7 was told that booking b-7 is pending, and it was confirmed 2.1 s before it asked",
    ],
    [
      "a buyer who asked what became of it after the confirmation, and was told pending",
      "paid-booking-recorded-once",
      (run) => {
        const { atUs } = told(run, 7, "ok", "book");
        bookingOf(run, "7").changedAtUs = atUs;
        told(run, 7, "ok", "book").status = 202;
        ask(run, 7, { invokeAtUs: atUs + 2_300_000, okAtUs: atUs + 2_400_000, state: "pending" });
      },
      "client 7 was told that booking b-7 is pending, and it was confirmed 2.3 s before it asked",
    ],
    [
      "a declined booking whose payment was taken",
      "no-payment-without-seat",
      (run) => {
        chargeOf(run, "39").state = "taken";
      },
      "buyer 39 paid (charge c-39) for booking b-39, which is declined: neither a seat nor a refund",
    ],
    [
      "a confirmed booking whose seat is free",
      "no-payment-without-seat",
      (run) => {
        const [seat] = seatsOf(run, "7") as [Seat];
        remove(run, seat);
        audited(run, "section").find(({ section }) => seat.seat.startsWith(section))!.free += 1;
      },
      /^buyer 7 paid \(charge c-7\) for booking b-7, which has seat \S+, and that is free: neither/,
    ],
    [
      "a place that the queue does not know",
      "no-lost-place",
      (run) => remove(run, placeOf(run, "150")),
      "client 150 (buyer 150) was given place 151, and the queue does not know it",
    ],
    [
      "a buyer who came back to another place",
      "no-lost-place",
      (run) => {
        told(run, 150, "end").values!.ordinal = 190;
      },
      "client 150 (buyer 150) was given place 151, and later place 190",
    ],
    [
      "a buyer who was told another place than the queue has",
      "no-lost-place",
      (run) => {
        placeOf(run, "199").ordinal = 205;
      },
      "client 199 (buyer 199) was given place 200, and the queue has it at place 205",
    ],
    [
      "a buyer who was let in and still waits",
      "no-lost-place",
      (run) => {
        told(run, 199, "end").values!.admission = "a1.final.199.1.x";
      },
      "client 199 (buyer 199) was let in from place 200, and the queue does not know that",
    ],
    [
      "a buyer who was let in twice",
      "no-lost-place",
      (run) => {
        const last = placeOf(run, "39");
        const again = { ...last, ordinal: 201, admittedAs: 41 };
        again.joinedAtUs = placeOf(run, "199").joinedAtUs;
        for (const place of audited(run, "place")) if (place.ordinal > 40) place.left = true;
        add(run, again);
      },
      "buyer 39 was let in 2 times",
    ],
    [
      "an inversion",
      "admission-in-order",
      (run) => {
        const [one, other] = [placeOf(run, "10"), placeOf(run, "20")] as [Place, Place];
        [one.admittedAs, other.admittedAs] = [other.admittedAs!, one.admittedAs!];
      },
      /^buyer \d+ \(place \d+\) was let in after buyer 20 \(place 21\)$/,
    ],
    [
      "somebody passed over",
      "admission-in-order",
      (run) => {
        const place = placeOf(run, "38");
        delete place.admittedAs;
        for (const entry of run.record.history!) {
          if (entry.client === 38) delete entry.values?.admission;
        }
      },
      "buyer 38 (place 39) was passed over: buyer 39 (place 40) was let in",
    ],
    [
      "two who were let in as one",
      "admission-in-order",
      (run) => {
        placeOf(run, "39").admittedAs = 39;
      },
      "buyer 38 (place 39) and buyer 39 (place 40) were both let in as number 39",
    ],
    [
      "a place before one who joined earlier",
      "admission-in-order",
      (run) => {
        placeOf(run, "100").joinedAtUs = placeOf(run, "10").joinedAtUs;
      },
      "buyer 100 (place 101) had joined before buyer 99 (place 100)",
    ],
    [
      "a buyer with too many seats",
      "purchase-limit-kept",
      (run) => {
        for (const buyer of ["8", "9"]) {
          const booking = bookingOf(run, buyer) as Booking;
          const charge = chargeOf(run, buyer) as Charge;
          booking.buyer = charge.buyer = "7";
          for (const seat of seatsOf(run, buyer)) Object.assign(seat, { buyer: "7" });
          for (const hold of audited(run, "hold")) if (hold.buyer === buyer) hold.buyer = "7";
        }
      },
      /^buyer 7 has 6 seats \(\S+, .+\), and the limit is 4$/,
    ],
  ];

test.each(planted)("%s: %s fails, and no other", (_, invariant, plant, names) => {
  const run = healthyPresale();
  plant(run);
  const failed = failing(run);
  expect(failed.map(({ id }) => id)).toEqual([invariant]);
  const [violation] = failed[0]!.violations;
  if (typeof names === "string") expect(violation!.what).toContain(names);
  else expect(violation!.what).toMatch(names);
  expect(judge(run.plan, run.record).verdict).toBe("fail");
});

test("a seat sold twice is told before what was too slow", () => {
  const run = healthyPresale();
  bookingOf(run, "11").seats[0] = bookingOf(run, "7").seats[0]!;
  for (const objective of run.plan.budget.objectives.filter(({ unit }) => unit === "ms"))
    objective.target = 0.01;
  const { sentence, objectives } = judge(run.plan, run.record);
  expect(objectives.some(({ ok }) => ok === false)).toBe(true);
  expect(sentence).toMatch(/^Failed: seat \S+ has two owners: .+ \(no-seat-sold-twice\); \d+ more failed\.$/);
});

test("who asked in time and was answered late is no violation", () => {
  const run = healthyPresale();
  const { atUs } = told(run, 7, "ok", "book");
  bookingOf(run, "7").changedAtUs = atUs + 500_000;
  told(run, 7, "ok", "book").status = 202;
  ask(run, 7, { invokeAtUs: atUs + 400_000, okAtUs: atUs + 50_000_000, state: "pending" });
  Object.assign(told(run, 7, "end"), { end: "failed", cause: "confirmation: timeout" });
  expect(failing(run)).toEqual([]);
});

test("what has no known outcome is no violation", () => {
  const run = healthyPresale();
  Object.assign(told(run, 7, "ok", "book"), { type: "info", status: undefined });
  Object.assign(told(run, 7, "end"), { end: "failed", cause: "book: timeout", values: {} });
  Object.assign(told(run, 150, "ok", "join"), { type: "info" });
  told(run, 150, "end").values = {};
  remove(run, placeOf(run, "150"));
  expect(failing(run)).toEqual([]);
});

test("who leaves and comes back has a place at the end", () => {
  const run = healthyPresale();
  const place = placeOf(run, "150");
  const again = { ...place, ordinal: 201, joinedAtUs: placeOf(run, "199").joinedAtUs + 1 };
  place.left = true;
  add(run, again);
  told(run, 150, "end").values!.ordinal = 201;
  expect(failing(run)).toEqual([]);
});

test("nothing to look at is not exercised, never held", () => {
  const run = healthyPresale();
  run.record.audit = [];
  run.record.history = [];
  const verdict = judge(run.plan, run.record);
  expect(verdict.invariants.map(({ id, ok }) => [id, ok])).toEqual(presaleInvariants.map((id) => [id, null]));
  expect(verdict.verdict).toBe("unknown");
});

test("many of one kind are summed up", () => {
  const run = healthyPresale();
  remove(run, ...audited(run, "place").filter(({ ordinal }) => ordinal > 100));
  const [lost] = failing(run);
  expect(lost!.violations).toHaveLength(21);
  expect(lost!.violations.at(-1)!.what).toBe("80 more of the same");
});

const lost = (run: PresaleRun, part: number) => {
  run.record.audit.splice(Math.floor(run.record.audit.length * part));
};

test.each<[string, (run: PresaleRun) => void]>([
  [
    "whose audit is cut",
    (run) => {
      lost(run, 0.5);
      run.record.damage = [{ file: "audit.jsonl", code: "LINE_CUT", fact: "audit.jsonl ends in line 9" }];
    },
  ],
  [
    "whose audit is missing",
    (run) => {
      lost(run, 0);
      run.record.damage = [{ file: "audit.jsonl", code: "FILE_MISSING", fact: "audit.jsonl is missing" }];
    },
  ],
  [
    "whose history does not fit",
    (run) => {
      run.record.history!.splice(40);
      run.record.damage = [{ file: "history.jsonl", code: "LINE_INVALID", fact: "history.jsonl, line 40" }];
    },
  ],
  [
    "that was ended while its books were read",
    (run) => {
      lost(run, 0.5);
      const { journal } = run.record;
      const at = journal.findIndex((entry) => entry.type === "run" && entry.state === "ended");
      journal[at] = { ...journal[at]!, type: "run", state: "interrupted" };
    },
  ],
])("a presale %s accuses nobody: nothing of it is exercised", (_, cut) => {
  const run = healthyPresale();
  cut(run);
  const { invariants, verdict } = judge(run.plan, run.record);
  expect(verdict).toBe("unknown");
  for (const { ok, checked, violations } of invariants)
    expect({ ok, checked, violations }).toEqual({ ok: null, checked: 0, violations: [] });
});
