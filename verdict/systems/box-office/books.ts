import type { AuditEntry } from "../../../common/presale.ts";

export type Audited<Type extends AuditEntry["type"]> = Extract<AuditEntry, { type: Type }>;
export type Booking = Audited<"booking">;
export type Charge = Audited<"charge">;
export type Place = Audited<"place">;
export type Seat = Audited<"seat">;

/** What the databases held in the end, in the order in which checkers ask. */
export interface Books {
  presale: Audited<"presale"> | undefined;
  sections: Audited<"section">[];
  /** Seats that are not free. */
  seats: Map<string, Seat>;
  holds: Audited<"hold">[];
  /** By ordinal. */
  places: Place[];
  bookings: Booking[];
  charges: Charge[];
  /** By time. */
  decisions: Audited<"decision">[];
}

export function booksOf(audit: readonly AuditEntry[]): Books {
  const of = <Type extends AuditEntry["type"]>(type: Type) =>
    audit.filter((entry): entry is Audited<Type> => entry.type === type);
  return {
    presale: of("presale").at(-1),
    sections: of("section"),
    seats: new Map(of("seat").map((entry) => [entry.seat, entry])),
    holds: of("hold"),
    places: of("place").sort((a, b) => a.ordinal - b.ordinal),
    bookings: of("booking"),
    charges: of("charge"),
    decisions: of("decision").sort((a, b) => a.atUs - b.atUs),
  };
}

/** Seat → the confirmed bookings that it belongs to: one, when all is well. */
export function bookingsBySeat(bookings: readonly Booking[]): Map<string, Booking[]> {
  const bySeat = new Map<string, Booking[]>();
  for (const booking of bookings) {
    if (booking.state !== "confirmed") continue;
    for (const seat of booking.seats) {
      const known = bySeat.get(seat);
      if (known) known.push(booking);
      else bySeat.set(seat, [booking]);
    }
  }
  return bySeat;
}
