import { ofPresale } from "../check.ts";

/** Seats shown of a buyer that has too many. */
const mostShown = 6;

/** Nobody holds and owns more seats at once than one buyer may. */
export const purchaseLimitKept = ofPresale(
  "purchase-limit-kept",
  "Nobody has more seats than one buyer may",
  ({ books: { presale, seats, bookings } }) => {
    const owned = new Map<string, Set<string>>();
    const add = (buyer: string, seat: string) => {
      const known = owned.get(buyer);
      if (known) known.add(seat);
      else owned.set(buyer, new Set([seat]));
    };
    for (const entry of seats.values()) if (entry.state !== "indeterminate") add(entry.buyer, entry.seat);
    for (const { state, buyer, seats: booked } of bookings) {
      if (state === "confirmed") for (const seat of booked) add(buyer, seat);
    }
    const limit = presale?.script.purchaseLimit ?? Number.POSITIVE_INFINITY;
    const violations = [...owned].flatMap(([buyer, has]) => {
      if (has.size <= limit) return [];
      const shown = [...has].slice(0, mostShown).join(", ");
      return [
        {
          what: `buyer ${buyer} has ${has.size} seats (${shown}${has.size > mostShown ? ", …" : ""}), and the limit is ${limit}`,
          buyer,
        },
      ];
    });
    return { checked: owned.size, violations };
  },
);
