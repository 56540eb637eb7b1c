import { type Books, bookingsBySeat } from "../books.ts";
import { ofPresale } from "../check.ts";

/** Who says that a seat is theirs. */
interface Claim {
  buyer: string;
  by: string;
}

/** No two buyers have one seat: by their bookings, by what Redis sold, by what they hold, and by what they were told. */
export const noSeatSoldTwice = ofPresale("no-seat-sold-twice", "No seat is sold twice", ({ books, told }) => {
  const claims = claimsOf(books);
  const recorded = new Set(books.bookings.map(({ booking }) => booking));
  for (const { client, buyer = `of client ${client}`, confirmed } of told.values()) {
    for (const { booking, seats } of confirmed) {
      if (recorded.has(booking)) continue;
      for (const seat of seats) add(claims, seat, { buyer, by: `told that booking ${booking} is confirmed` });
    }
  }
  const violations = [...claims].flatMap(([seat, owners]) => {
    const [one, other, ...more] = owners;
    if (!one || !other) return [];
    const others = more.length > 0 ? `, and ${more.length} more` : "";
    return [
      {
        what: `seat ${seat} has two owners: buyer ${one.buyer} (${one.by}) and buyer ${other.buyer} (${other.by})${others}`,
        seat,
        buyer: other.buyer,
      },
    ];
  });
  return { checked: claims.size, violations };
});

function claimsOf({ bookings, seats, holds }: Books): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  const sold = bookingsBySeat(bookings);
  for (const [seat, owners] of sold) {
    for (const { buyer, booking } of owners) add(claims, seat, { buyer, by: `booking ${booking}` });
  }
  for (const entry of seats.values()) {
    if (entry.state !== "sold") continue;
    const { seat, booking, buyer } = entry;
    if (sold.get(seat)?.some((owner) => owner.booking === booking)) continue;
    add(claims, seat, { buyer, by: `sold in Redis, booking ${booking}` });
  }
  for (const { hold, buyer, seats: held, state } of holds) {
    if (state !== "open" && state !== "paying") continue;
    for (const seat of held) {
      // A booking that is confirmed and whose hold does not know it yet is one claim.
      if (sold.get(seat)?.some((owner) => owner.buyer === buyer)) continue;
      add(claims, seat, { buyer, by: `hold ${hold}` });
    }
  }
  return claims;
}

function add(claims: Map<string, Claim[]>, seat: string, claim: Claim): void {
  const known = claims.get(seat);
  if (known) known.push(claim);
  else claims.set(seat, [claim]);
}
