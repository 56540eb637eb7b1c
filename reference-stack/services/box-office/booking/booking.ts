import { createHmac } from "node:crypto";
import type { AuditEntry } from "../../../../common/presale.ts";

type BookingAudit = AuditEntry & { type: "booking" };

export type BookingState = BookingAudit["state"];

/** What the primary of its shard holds of a booking. */
export interface Booking {
  booking: string;
  event: string;
  buyer: string;
  key: string;
  hold: string;
  seats: string[];
  amountCents: number;
  card: string;
  state: BookingState;
  /** Decided before the charge is called off: from then on nobody confirms it. */
  givingUp: boolean;
  charge?: string;
  createdAtUs: number;
  /** When it came to its state. */
  changedAtUs: number;
}

/**
 * One wish of one buyer is one booking: whoever says it again means the same one, also while no database is there to ask.
 * Signed, so that nobody finds another's booking by guessing.
 */
export function bookingId(secret: string, { event, buyer, key }: Pick<Booking, "event" | "buyer" | "key">) {
  const signed = createHmac("sha256", secret).update(`booking:${event}:${buyer}:${key}`).digest("base64url");
  return `b-${signed.slice(0, 22)}`;
}

export function auditOf(
  { booking, key, buyer, seats, state, charge, createdAtUs, changedAtUs }: Booking,
  shard: number,
): BookingAudit {
  return {
    type: "booking",
    ...{ shard, booking, key, buyer, seats, state, createdAtUs, changedAtUs },
    ...(charge === undefined ? {} : { charge }),
  };
}

/** What buyers are told of a booking. */
export const toldOf = ({ booking, state, seats }: Booking) => ({ booking, state, seats });
