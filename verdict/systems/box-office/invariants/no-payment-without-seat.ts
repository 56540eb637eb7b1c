import type { Violation } from "../../../contract.ts";
import { type Booking, type Books, bookingsBySeat } from "../books.ts";
import { ofPresale } from "../check.ts";

/** Whoever paid has the seats, or the money back. A payment of which no booking is known is another matter. */
export const noPaymentWithoutSeat = ofPresale(
  "no-payment-without-seat",
  "No payment without a seat or a refund",
  ({ books }) => {
    const rows = Map.groupBy(books.bookings, ({ booking }) => booking);
    const sold = bookingsBySeat(books.bookings);
    const taken = books.charges.filter(({ state }) => state === "taken");
    const violations = taken.flatMap(({ charge, booking, buyer }): Violation[] => {
      const known = rows.get(booking);
      if (!known) return [];
      const confirmed = known.find(({ state }) => state === "confirmed");
      const missing = confirmed ? missingSeats(confirmed, books, sold) : `is ${known[0]!.state}`;
      if (missing === undefined) return [];
      return [
        {
          what: `buyer ${buyer} paid (charge ${charge}) for booking ${booking}, which ${missing}: neither a seat nor a refund`,
          booking,
          buyer,
        },
      ];
    });
    return { checked: taken.length, violations };
  },
);

/** A seat that somebody else has, too, is told as sold twice. */
function missingSeats(
  { booking, seats }: Booking,
  books: Books,
  sold: ReadonlyMap<string, readonly Booking[]>,
): string | undefined {
  if (seats.length === 0) return "has no seats";
  const missing = seats.filter((seat) => {
    const entry = books.seats.get(seat);
    if (entry?.state === "sold") return false;
    return sold.get(seat)!.every((owner) => owner.booking === booking);
  });
  if (missing.length === 0) return undefined;
  const [first] = missing;
  return `has seat ${missing.join(", ")}, and that is ${books.seats.get(first!)?.state ?? "free"}`;
}
