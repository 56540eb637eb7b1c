import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What every service that makes or reads tokens is told: the secret that all of them share. */
export const ticketSecret = z.string().min(16).max(256);

/** A place in the queue. */
export interface Ticket {
  event: string;
  buyer: string;
  ordinal: number;
}

/** Leave to be in the box office until an instant. */
export interface Admission {
  event: string;
  buyer: string;
  expiresAtUs: number;
}

/** Far above any token, and far below what it would cost anything to look at. */
const longest = 256;
const token = /^(v1|a1)\.([\w-]{1,64})\.([\w-]{1,64})\.([1-9]\d{0,15})\.([\w-]{43})$/;

/**
 * Tickets `v1.<event>.<buyer>.<ordinal>.<HMAC>` and admissions `a1.<event>.<buyer>.<expiresAtUs>.<HMAC>`: HMAC-SHA-256 over
 * all that stands before it, in base64url. Nobody has to remember one to know that it is true.
 */
export class Tokens {
  readonly #key: KeyObject;

  constructor(secret: string) {
    this.#key = createSecretKey(secret, "utf8");
  }

  ticket({ event, buyer, ordinal }: Ticket): string {
    return this.#signed(`v1.${event}.${buyer}.${ordinal}`);
  }

  admission({ event, buyer, expiresAtUs }: Admission): string {
    return this.#signed(`a1.${event}.${buyer}.${expiresAtUs}`);
  }

  /** @returns `undefined` for what is no ticket of ours */
  readTicket(text: string): Ticket | undefined {
    const read = this.#read(text, "v1");
    return read && { event: read.event, buyer: read.buyer, ordinal: read.number };
  }

  /** Whether it has expired is for the reader to decide: a late admission is another answer than a forged one. */
  readAdmission(text: string): Admission | undefined {
    const read = this.#read(text, "a1");
    return read && { event: read.event, buyer: read.buyer, expiresAtUs: read.number };
  }

  #signed(text: string): string {
    return `${text}.${this.#signature(text)}`;
  }

  #signature(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }

  #read(text: string, kind: string): { event: string; buyer: string; number: number } | undefined {
    if (text.length > longest) return undefined;
    const [, version, event, buyer, digits, signature] = token.exec(text) ?? [];
    if (version !== kind) return undefined;
    const expected = Buffer.from(this.#signature(text.slice(0, -44)));
    if (!timingSafeEqual(expected, Buffer.from(signature!))) return undefined;
    return { event: event!, buyer: buyer!, number: Number(digits) };
  }
}
