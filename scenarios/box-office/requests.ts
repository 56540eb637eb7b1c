import type { RequestStep } from "../../common/journey.ts";
import { failed, rejected } from "../journeys/names.ts";

/** The event on sale: it stands in every path. */
export const event = "final";
export const presalePath = `/api/presales/${event}` as const;

/** What a browser that means well sends when it joins: a print of its own, the answer to the challenge, and a secret that stays its own. */
export const honest = {
  "X-Fingerprint": "{hash:browser:[client]}",
  "X-Challenge": `{hash:presale:${event}:[client]}`,
  "X-Buyer-Secret": "{key:join}",
};

/** Who has come so far tries again while something is away: for some 17 s in the mean, which a fault of ten is within. */
const persistent: NonNullable<RequestStep["retry"]> = {
  on: ["timeout", "connection", "503"],
  attempts: 10,
  backoffMs: { min: 500, max: 4000 },
};

/** A page or a count. */
export const read = { target: "box-office", method: "GET", timeoutMs: 5000, retry: persistent } as const;

/** A change: said again under the same key, it is the same change. */
export const change = { target: "box-office", method: "POST", timeoutMs: 10_000, retry: persistent } as const;

/** Who was let in shows it. */
export const admitted = { Authorization: "Bearer {admission}" };

/** Waits in the queue until it is let in, or sent home. */
export const letIn = (timeoutMs: number) =>
  ({
    for: [
      { event: "admitted", capture: { admission: "$.admission" } },
      { event: "sold-out", next: rejected("sold out") },
    ],
    timeoutMs,
    onTimeout: failed("neither let in nor sent home"),
  }) as const;

/** How many seats are free, by section. */
export const availability = {
  ...read,
  path: `${presalePath}/availability`,
  on: { 200: "next" },
  capture: { soldOut: "$.soldOut" },
} as const;

/** Whoever sees that nothing is left goes home. */
export const unlessSoldOut = { on: "soldOut", cases: { true: rejected("sold out") } } as const;

/** Another choice of seats is another wish: the same seats, asked for again, are the same hold. */
export const holdRequest = {
  ...change,
  path: `${presalePath}/holds`,
  headers: { ...admitted, "Idempotency-Key": "{hash:hold:[client]:[seats]}" },
  body: { seats: "{seats}" },
} as const;

/** Everybody likes another stand; the server says which seats there are free. */
export const sectionPath = <Want extends number>(sections: string[], want: Want) =>
  `${presalePath}/sections/{pick:${sections.join("|")}}?want=${want}` as const;
