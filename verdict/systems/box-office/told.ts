import type { HistoryEntry, Journey, JourneyEnd } from "../../../common/journey.ts";
import { journeyOf, rolesOf } from "./steps.ts";

/** What one client was told. A request without an answer may have happened or not: it says nothing here. */
export interface Told {
  client: number;
  journey: string;
  /** From its ticket; unknown as long as it has none. */
  buyer?: string;
  /** Its places in the queue, each once: one, when all is well. */
  ordinals: number[];
  admitted: boolean;
  /** Asked for seats, and how many times they were taken or given. */
  holdsAsked: number;
  conflicts: number;
  holds: number;
  bookingsAsked: number;
  /** Bookings that it was told are confirmed, with the seats that they are for. */
  confirmed: { booking: string; seats: string[] }[];
  /** Each time that it was told of a booking that it is pending still, and when it had asked. */
  pending: { booking: string; askedAtUs: number }[];
  /** The last booking that it heard of, and its state then. */
  booking?: string;
  state?: string;
  end?: { end: JourneyEnd; cause: string; atUs: number };
}

/** By client, from the histories. */
export function toldTo(history: readonly HistoryEntry[], journeys: readonly Journey[]): Map<number, Told> {
  const roles = rolesOf(journeys);
  const clients = new Map<number, Told>();
  const seats = new Map<number, string[]>();
  const asked = new Map<number, number>();
  for (const entry of history) {
    const told = clients.get(entry.client) ?? nothingTold(entry.client, journeys);
    clients.set(entry.client, told);
    hear(told, entry.values ?? {});
    if (Array.isArray(entry.values?.seats)) seats.set(entry.client, entry.values.seats.map(String));
    if (entry.type === "invoke") asked.set(entry.client, entry.atUs);
    const askedAtUs = asked.get(entry.client) ?? 0;
    switch (roles.get(entry.step)) {
      case "hold":
        if (entry.type === "invoke") told.holdsAsked++;
        if (entry.type === "ok") told.holds++;
        if (entry.type === "fail" && entry.status === 409) told.conflicts++;
        break;
      case "book":
        if (entry.type === "invoke") told.bookingsAsked++;
        // 202 promises nothing yet.
        if (entry.type === "ok" && entry.status === 202) stillPending(told, askedAtUs);
        if (entry.type === "ok" && entry.status === 201) confirm(told, seats.get(entry.client));
        break;
      case "ask":
        if (entry.type === "ok" && entry.values?.state === "pending") stillPending(told, askedAtUs);
        break;
    }
    if (entry.type !== "end") continue;
    const { end = "failed", cause = "" } = entry;
    told.end = { end, cause, atUs: entry.atUs };
    if (end === "completed") confirm(told, seats.get(entry.client));
  }
  return clients;
}

const nothingTold = (client: number, journeys: readonly Journey[]): Told => ({
  client,
  journey: journeyOf(client, journeys)?.id ?? "",
  ordinals: [],
  admitted: false,
  ...{ holdsAsked: 0, conflicts: 0, holds: 0, bookingsAsked: 0 },
  ...{ confirmed: [], pending: [] },
});

/** `v1.<event>.<buyer>.<ordinal>.<signature>` */
const ticketPattern = /^v1\.[^.]+\.([^.]+)\.(\d+)\./;

function hear(told: Told, { ticket, ordinal, admission, booking, state }: Record<string, unknown>): void {
  const [, buyer, ofTicket] = typeof ticket === "string" ? (ticketPattern.exec(ticket) ?? []) : [];
  if (buyer !== undefined) told.buyer = buyer;
  for (const place of [ofTicket, ordinal]) {
    const number = Number(place ?? 0);
    if (number > 0 && !told.ordinals.includes(number)) told.ordinals.push(number);
  }
  if (typeof admission === "string") told.admitted = true;
  if (typeof booking === "string" && booking !== told.booking) {
    told.booking = booking;
    delete told.state;
  }
  if (typeof state === "string") told.state = state;
}

function stillPending({ booking, pending }: Told, askedAtUs: number): void {
  if (booking !== undefined) pending.push({ booking, askedAtUs });
}

function confirm(told: Told, seats: string[] = []): void {
  const { booking } = told;
  if (booking === undefined || told.confirmed.some((known) => known.booking === booking)) return;
  told.confirmed.push({ booking, seats });
}
