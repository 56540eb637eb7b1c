/** What happened in the made-up presale: who came, who got in, who bought what. */
import type { HistoryEntry, Journey } from "../../common/journey.ts";
import type { AuditEntry, PresaleScript } from "../../common/presale.ts";
import { seatId } from "../../common/presale.ts";
import { isBot, journeyOf } from "../systems/box-office/steps.ts";
import { startAtUs } from "./story.ts";

const request = { target: "box-office", method: "POST", timeoutMs: 1000, on: { 201: "next" } } as const;

const steps: Journey["steps"] = [
  { name: "join", do: "stream", target: "edges", path: "/api/presales/final/queue?buyer={client}" },
  {
    ...{ name: "admission", do: "wait", timeoutMs: 60_000, for: [{ event: "admitted" }] },
    onTimeout: { end: "failed", cause: "forgotten" },
  },
  { ...request, name: "hold", do: "request", path: "/api/presales/final/holds" },
  { ...request, name: "book", do: "request", path: "/api/presales/final/bookings" },
  {
    ...{
      ...request,
      name: "confirmation",
      do: "request",
      method: "GET",
      on: { 200: "next" },
      recorded: true,
    },
    path: "/api/presales/final/bookings/{booking}?confirm=1",
  },
];

export const journeys: Journey[] = [
  { id: "buyer", share: 0.95, steps },
  { id: "bot-farm", share: 0.05, steps },
];

export const script: PresaleScript = {
  event: "final",
  venue: {
    id: "arena",
    name: "Arena",
    sections: ["north", "south"].map((id) => ({ id, rows: 4, seatsPerRow: 10, priceCents: 4000 })),
  },
  purchaseLimit: 4,
  holdMs: 12_000,
  admissionMs: 60_000,
  admission: { fromMs: 0, startPerSecond: 2, minPerSecond: 1, maxPerSecond: 2, targetConflictRate: 0.1 },
  fingerprintLimit: 10,
  seed: 7,
};

const seats = script.venue.sections.flatMap(({ id, rows, seatsPerRow }) =>
  Array.from({ length: rows * seatsPerRow }, (_, index) =>
    seatId(id, Math.floor(index / seatsPerRow) + 1, (index % seatsPerRow) + 1),
  ),
);

/** Two a second from the first on, until somebody has every seat but two. */
const admittedAtUs = (as: number) => startAtUs + (1 + as * 0.5) * 1_000_000;
const lastDeadlineUs = startAtUs + 120_000_000;
const signature = "s".repeat(43);

interface Script {
  history: HistoryEntry[];
  audit: AuditEntry[];
  ends: Record<string, Record<string, number>>;
}

/**
 * All come in the order of their numbers and get places 1, 2 …. Forty are let in: the last but one changes their mind, the
 * last one's card is declined, bots hold two seats and do not pay, all others buy two.
 */
export function presaleStory(clients: number): Script {
  const history: HistoryEntry[] = [];
  const audit: AuditEntry[] = [];
  const ends: Script["ends"] = {};
  const left = [...seats];
  const free = new Set(seats);
  const admitted = 40;
  for (let client = 0; client < clients; client++) {
    const ordinal = client + 1;
    const buyer = String(client);
    const journey = journeyOf(client, journeys)!.id;
    const joinedAtUs = startAtUs + Math.floor((client / clients) * 5_000_000);
    const atUs = admittedAtUs(Math.min(ordinal, admitted));
    const values: Record<string, unknown> = { ticket: `v1.final.${buyer}.${ordinal}.${signature}`, ordinal };
    const tell = (
      step: string,
      type: HistoryEntry["type"],
      afterUs: number,
      more: Partial<HistoryEntry> = {},
    ) => history.push({ client, step, type, atUs: (step === "join" ? joinedAtUs : atUs) + afterUs, ...more });
    const ask = (step: string, afterUs: number, status: number, fresh: Record<string, unknown>) => {
      tell(step, "invoke", afterUs);
      tell(step, status < 400 ? "ok" : "fail", afterUs + 20_000, { status, values: fresh });
    };
    const end = (how: NonNullable<HistoryEntry["end"]>, cause: string, fresh = {}) => {
      tell("end", "end", 3_000_000, { end: how, cause, values: fresh });
      ends[journey] ??= {};
      const counts = ends[journey];
      const name = `${how}: ${cause}`;
      counts[name] = (counts[name] ?? 0) + 1;
    };
    tell("join", "invoke", 0);
    tell("join", "ok", 5000, { status: 200 });
    audit.push({
      ...{ type: "place", buyer, ordinal, joinedAtUs },
      ...(ordinal <= admitted ? { admittedAs: ordinal, admittedAtUs: atUs } : {}),
    });
    if (ordinal > admitted) {
      end("rejected", "sold out", values);
      continue;
    }
    const mine = left.splice(0, 2);
    const hold = `h-${client}`;
    const admission = `a1.final.${buyer}.${atUs + 60_000_000}.${signature}`;
    if (client % 10 === 5) ask("hold", 500_000, 409, { ...values, admission, seats: ["north-1-1"] });
    ask("hold", 1_000_000, 201, { ...values, admission, hold, seats: mine });
    const holding = (state: string, deadlineUs = atUs + 12_000_000) =>
      audit.push({ type: "hold", hold, buyer, seats: mine, deadlineUs, state });
    if (isBot(journey)) {
      for (const seat of mine) {
        free.delete(seat);
        audit.push({ type: "seat", seat, state: "held", hold, buyer, deadlineUs: lastDeadlineUs });
      }
      holding("open", lastDeadlineUs);
      end("rejected", "purchase limit");
      continue;
    }
    if (ordinal === admitted - 1) {
      holding("released");
      left.unshift(...mine);
      end("abandoned", "changed their mind");
      continue;
    }
    const booking = `b-${client}`;
    const declined = ordinal === admitted;
    const paid = {
      type: "charge",
      charge: `c-${client}`,
      key: booking,
      booking,
      buyer,
      amountCents: 8000,
    } as const;
    audit.push(
      { ...paid, state: declined ? "declined" : "taken", atUs: atUs + 2_000_000 },
      {
        ...{
          type: "booking",
          shard: 1,
          booking,
          key: `key-${client}`,
          buyer,
          seats: mine,
          charge: paid.charge,
        },
        ...{ state: declined ? "declined" : "confirmed", createdAtUs: atUs + 1_900_000 },
      },
    );
    holding(declined ? "released" : "sold");
    ask("book", 1_900_000, declined ? 402 : 201, { booking });
    if (declined) {
      end("rejected", "payment declined");
      continue;
    }
    for (const seat of mine) {
      free.delete(seat);
      audit.push({ type: "seat", seat, state: "sold", booking, buyer });
    }
    end("completed", "booked", { state: "confirmed" });
  }
  for (const { id } of script.venue.sections) {
    const all = seats.filter((seat) => seat.startsWith(id));
    audit.push({
      type: "section",
      section: id,
      free: all.filter((seat) => free.has(seat)).length,
      seats: all.length,
    });
  }
  for (let second = 1; second <= 20; second++) {
    const conflictRate = second === 4 ? 0.08 : 0.02;
    audit.push({
      ...{ type: "decision", atUs: startAtUs + second * 1_000_000, perSecond: 2, conflictRate },
      ...{ queue: clients - 2 * (second - 1), reason: "conflicts are below the target" },
    });
  }
  audit.push({ type: "presale", script, soldOut: false, admitted, joined: clients });
  return { history, audit, ends };
}
