import type { Violation } from "../../../contract.ts";
import type { Booking, Books, Seat } from "../books.ts";
import { ofPresale } from "../check.ts";

/** A hold that is over goes back within a look or two of the reconciler, which looks each second. */
const graceUs = 5_000_000;

/** Every seat is free, held by somebody until an instant to come, or sold to somebody who has a booking. */
export const noSeatLost = ofPresale("no-seat-lost", "No seat is lost", ({ books, auditedAfterUs }) => {
  const { sections, seats, bookings } = books;
  const checked = sections.reduce((sum, section) => sum + section.seats, 0);
  const confirmedLast = bookings.toSorted((a, b) => rank(a) - rank(b));
  const known = new Map(confirmedLast.map((booking) => [booking.booking, booking]));
  const violations = [...seats.values()].flatMap((seat): Violation[] => {
    const fact = trouble(seat, known, auditedAfterUs);
    if (fact === undefined) return [];
    return [
      {
        what: `seat ${seat.seat} is ${fact}`,
        seat: seat.seat,
        ...(seat.state === "indeterminate" ? {} : { buyer: seat.buyer }),
      },
    ];
  });
  return { checked, violations: [...violations, ...uncounted(books)] };
});

const rank = ({ state }: Booking) => (state === "confirmed" ? 1 : 0);

function trouble(
  seat: Seat,
  bookings: ReadonlyMap<string, Booking>,
  auditedAfterUs: number,
): string | undefined {
  switch (seat.state) {
    case "indeterminate":
      return `in no state: ${seat.detail}`;
    case "held": {
      const overdueMs = (auditedAfterUs - graceUs - seat.deadlineUs) / 1000;
      if (overdueMs <= 0) return undefined;
      return `still held by buyer ${seat.buyer} (hold ${seat.hold}), ${Math.round(overdueMs / 1000 + graceUs / 1e6)} s after its deadline`;
    }
    case "sold": {
      const state = bookings.get(seat.booking)?.state;
      // What was paid for and is not recorded is told as a booking that is lost.
      if (state === undefined || state === "confirmed") return undefined;
      return `sold to buyer ${seat.buyer} by booking ${seat.booking}, which is ${state}`;
    }
  }
}

/** Free and not free add up to the section. */
function uncounted({ sections, seats }: Books): Violation[] {
  const taken = new Map<string, number>();
  for (const { seat } of seats.values()) {
    const section = seat.replace(/-\d+-\d+$/, "");
    taken.set(section, (taken.get(section) ?? 0) + 1);
  }
  return sections.flatMap(({ section, free, seats: all }) => {
    const sum = free + (taken.get(section) ?? 0);
    if (sum === all) return [];
    return [{ what: `section ${section} has ${all} seats, and ${sum} are free, held or sold` }];
  });
}
