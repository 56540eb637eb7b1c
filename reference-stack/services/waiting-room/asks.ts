import { hash, timingSafeEqual } from "node:crypto";
import type { Tokens } from "../presale/tokens.ts";
import type { Room } from "./room.ts";

/** A wish to be in a queue: with a place already (`claimed` is its ordinal), or without (0). */
export interface Ask {
  room: Room;
  buyer: string;
  fingerprint: string;
  /** What is kept of the buyer's secret; empty with a ticket, which is one itself. */
  secretHash: string;
  claimed: number;
}

export interface Refusal {
  status: number;
  code: string;
  fact: string;
}

export interface AskContext {
  rooms: ReadonlyMap<string, Room>;
  tokens: Tokens;
  /** Whether it has ever been known which presales there are. */
  synced: boolean;
  nowUs: number;
}

const id = /^[\w-]{1,64}$/;
/** What a browser draws before it joins: 16 hex digits at least, so that nobody guesses it. */
const secret = /^[\w-]{16,128}$/;

/** What the challenge of a presale wants to see: a stand-in for a real one, which costs a bot as much as a buyer. */
export const challengeAnswer = (event: string, buyer: string) =>
  hash("sha256", `presale:${event}:${buyer}`, "hex");

/** Redis has the hash alone, and another one for each presale and buyer. */
const secretHashOf = (event: string, buyer: string, given: string) =>
  hash("sha256", `${event}:${buyer}:${given}`, "base64url");

/** Takes as long for a secret that is nearly right as for any other. */
export function isSameSecret(kept: string, given: string): boolean {
  const [one, other] = [Buffer.from(kept), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The headers that a request for a place may have. */
export type AskHeader = "x-fingerprint" | "x-challenge" | "x-buyer-secret";

/** Whose place is asked for, and whether it may be: all that can be told without Redis. */
export function askOf(
  event: string,
  query: URLSearchParams,
  header: (name: AskHeader) => string | undefined,
  { rooms, tokens, synced, nowUs }: AskContext,
): Ask | Refusal {
  const room = rooms.get(event);
  if (!room) {
    return synced
      ? { status: 404, code: "PRESALE_UNKNOWN", fact: "there is no such presale" }
      : { status: 503, code: "NOT_READY", fact: "Redis has not been reached yet" };
  }
  const buyer = query.get("buyer") ?? "";
  if (!id.test(buyer)) {
    return { status: 400, code: "BUYER_INVALID", fact: "a buyer is 1 to 64 letters, digits, _ or -" };
  }
  // `ticket=` is what a template says that has none yet.
  const text = query.get("ticket");
  if (text) {
    const ticket = tokens.readTicket(text);
    return ticket?.event === event && ticket.buyer === buyer
      ? { room, buyer, fingerprint: "", secretHash: "", claimed: ticket.ordinal }
      : ticketInvalid;
  }
  if (nowUs < room.presale.openAtUs) {
    return { status: 425, code: "NOT_OPEN", fact: "the doors are not open yet" };
  }
  if (header("x-challenge") !== challengeAnswer(event, buyer)) {
    return { status: 403, code: "CHALLENGE_FAILED", fact: "X-Challenge is not the answer to the challenge" };
  }
  const fingerprint = header("x-fingerprint") ?? "";
  if (!id.test(fingerprint)) {
    return {
      status: 400,
      code: "FINGERPRINT_INVALID",
      fact: "X-Fingerprint is 1 to 64 letters, digits, _ or -",
    };
  }
  const given = header("x-buyer-secret") ?? "";
  if (!secret.test(given)) {
    return {
      status: 400,
      code: "SECRET_INVALID",
      fact: "X-Buyer-Secret is 16 to 128 letters, digits, _ or -: drawn by the buyer, and kept for the next join",
    };
  }
  return { room, buyer, fingerprint, secretHash: secretHashOf(event, buyer, given), claimed: 0 };
}

/** Whoever knows a buyer's name alone gets no ticket of it. */
export const buyerTaken: Refusal = {
  status: 409,
  code: "BUYER_TAKEN",
  fact: "this buyer has a place, and joined with another secret",
};

export const ticketInvalid: Refusal = {
  status: 401,
  code: "TICKET_INVALID",
  fact: "this is no ticket of this buyer for this presale",
};
