import type { Violation } from "../../../contract.ts";
import type { Booking, Charge } from "../books.ts";
import { ofPresale } from "../check.ts";
import type { Presale } from "../presale.ts";

/** Each payment that was kept has one confirmed booking, each confirmed booking one payment, and buyers are told no other. */
export const paidBookingRecordedOnce = ofPresale(
  "paid-booking-recorded-once",
  "Every paid booking is recorded exactly once",
  ({ books, told }) => {
    const rows = Map.groupBy(books.bookings, ({ booking }) => booking);
    const taken = Map.groupBy(
      books.charges.filter(({ state }) => state === "taken"),
      ({ booking }) => booking,
    );
    const paidOrConfirmed = new Set([
      ...taken.keys(),
      ...books.bookings.filter(({ state }) => state === "confirmed").map(({ booking }) => booking),
    ]);
    const violations = [
      ...[...paidOrConfirmed].flatMap((booking) =>
        recordsOf(booking, rows.get(booking) ?? [], taken.get(booking) ?? []),
      ),
      ...sameWishTwice(books.bookings),
      ...toldOtherwise(told, rows),
    ];
    return { checked: paidOrConfirmed.size, violations };
  },
);

function recordsOf(booking: string, rows: readonly Booking[], charges: readonly Charge[]): Violation[] {
  const buyer = (rows[0] ?? charges[0])!.buyer;
  const say = (what: string) => ({ what: `booking ${booking} of buyer ${buyer} ${what}`, booking, buyer });
  const ids = charges.map(({ charge }) => charge).join(" and ");
  const found: Violation[] = [];
  if (charges.length > 1) found.push(say(`was paid ${charges.length} times: charges ${ids}`));
  if (rows.length > 1) found.push(say(`stands ${rows.length} times: ${shardsOf(rows)}`));
  if (rows.length === 0) found.push(say(`was paid (charge ${ids}), and no database has it`));
  if (charges.length === 0) found.push(say("is confirmed, and nothing was paid for it"));
  return found;
}

const shardsOf = (rows: readonly Booking[]) => rows.map(({ shard }) => `shard ${shard}`).join(" and ");

/** The same key of one buyer is one wish, however often it is said. */
function sameWishTwice(bookings: readonly Booking[]): Violation[] {
  const wishes = Map.groupBy(bookings, ({ buyer, key }) => `${buyer} ${key}`);
  return [...wishes.values()].flatMap((rows) => {
    const ids = [...new Set(rows.map(({ booking }) => booking))];
    const { buyer, key } = rows[0]!;
    if (ids.length < 2) return [];
    return [{ what: `one request of buyer ${buyer} (key ${key}) made bookings ${ids.join(" and ")}`, buyer }];
  });
}

/** Ends of which a client cannot know what became of its booking: no answer, or none from who knows. */
const unknowable = /timeout|connection|the run ended|\b5\d\d\b/;

/** A confirmation has its time before it is committed: a box office gives a call to its database no longer than this. */
const commitWithinUs = 2_000_000;

function toldOtherwise(told: Presale["told"], rows: ReadonlyMap<string, readonly Booking[]>): Violation[] {
  const found: Violation[] = [];
  const isConfirmed = (booking: string) => rows.get(booking)?.some(({ state }) => state === "confirmed");
  const sinceUs = (booking: string) =>
    rows.get(booking)?.find(({ state }) => state === "confirmed")?.changedAtUs ?? Number.POSITIVE_INFINITY;
  for (const { client, buyer = "", confirmed, pending, booking, state, end } of told.values()) {
    const say = (booking: string, what: string) =>
      found.push({
        what: `client ${client} was told that booking ${booking} ${what}`,
        client,
        booking,
        buyer,
      });
    for (const { booking: id } of confirmed) {
      const is = rows.get(id)?.[0]?.state ?? "in no database";
      if (!isConfirmed(id)) say(id, `is confirmed, and it is ${is}`);
      else if (id === booking && state !== undefined && state !== "confirmed")
        say(id, `is confirmed, and later that it is ${state}`);
    }
    for (const { booking: id, askedAtUs } of pending) {
      const lateUs = askedAtUs - sinceUs(id);
      if (lateUs > commitWithinUs)
        say(id, `is pending, and it was confirmed ${(lateUs / 1e6).toFixed(1)} s before it asked`);
    }
    if (booking === undefined || !end || !isConfirmed(booking)) continue;
    const toldNo = end.end === "rejected" || (end.end === "failed" && !unknowable.test(end.cause));
    if (toldNo && state !== "pending") say(booking, `is none (${end.cause}), and it is confirmed`);
  }
  return found;
}
