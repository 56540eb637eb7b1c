import type { Journey } from "../../common/journey.ts";
import { journey } from "../journeys/journey.ts";
import { completed, failed, goTo, rejected } from "../journeys/names.ts";
import {
  admitted,
  availability,
  change,
  event,
  holdRequest,
  honest,
  letIn,
  presalePath,
  read,
  sectionPath,
  unlessSoldOut,
} from "./requests.ts";
import { changeOfMindShare, ticketsPerOrder } from "./sale.ts";

interface BuyerOptions {
  share: number;
  /** Ids of the venue's. */
  sections: string[];
  /** Who has heard nothing for so long was forgotten. */
  patienceMs: number;
}

/**
 * Comes for two seats: waits, looks around, holds, pays. Whoever is too late for a seat looks for another until there is none;
 * whoever has paid asks until the booking is confirmed. What was said to be confirmed has to be so when it is asked for.
 */
export function buyer({ share, sections, patienceMs }: BuyerOptions): Journey {
  return journey("buyer", { share })
    .stream("join", {
      target: "edges",
      path: `${presalePath}/queue?buyer={client}&ticket={ticket}`,
      headers: honest,
      on: {
        401: failed("the ticket was refused"),
        403: failed("the challenge was refused"),
        404: failed("there is no such presale"),
        409: failed("its place is another's"),
        429: failed("taken for a bot"),
      },
      listen: [
        { event: "joined", capture: { ticket: "$.ticket", ordinal: "$.ordinal" } },
        { event: "position", age: { path: "$.asOfUs", measure: "position_age" } },
      ],
    })
    .waitFor("admission", letIn(patienceMs))
    .request("venue", { ...read, path: `/api/venues/${event}`, on: { 200: "next" } })
    .think("look", { kind: "lognormal", medianMs: 600, sigma: 0.5, maxMs: 3000 })
    .request("availability", availability)
    .branch("any-left", unlessSoldOut)
    .request("section", {
      ...read,
      path: sectionPath(sections, ticketsPerOrder),
      on: { 200: "next", 410: goTo("look") },
      capture: { seats: "$.seats" },
    })
    .think("choose", { kind: "lognormal", medianMs: 1200, sigma: 0.5, maxMs: 4000 })
    .request("hold", {
      ...holdRequest,
      on: { 201: "next", 403: goTo("refused"), 409: goTo("look"), 410: rejected("sold out") },
      capture: { hold: "$.hold", code: "$.code" },
    })
    .think(
      "checkout",
      { kind: "lognormal", medianMs: 1500, sigma: 0.6, maxMs: 6000 },
      { share: changeOfMindShare, cause: "changed their mind" },
    )
    .request("book", {
      ...change,
      path: `${presalePath}/bookings`,
      headers: { ...admitted, "Idempotency-Key": "{hash:book:[hold]}" },
      body: { hold: "{hold}", card: "card-{client}" },
      on: {
        201: goTo("confirmation"),
        202: "next",
        402: rejected("payment declined"),
        403: goTo("refused"),
        409: goTo("look"),
        410: goTo("look"),
      },
      capture: { booking: "$.booking", promised: "$.state", code: "$.code" },
    })
    .think("patience", { kind: "uniform", minMs: 800, maxMs: 1200 })
    .request("confirmation", {
      ...read,
      path: `${presalePath}/bookings/{booking}?confirm=1`,
      headers: admitted,
      on: { 200: "next", 404: failed("the booking is not there") },
      capture: { state: "$.state" },
      recorded: true,
    })
    .branch("promise", { on: "promised", cases: { confirmed: goTo("kept") } })
    .branch("booked", {
      on: "state",
      cases: {
        confirmed: completed("booked"),
        pending: goTo("patience"),
        declined: rejected("payment declined"),
        refunded: rejected("payment refunded"),
      },
      else: failed("the booking went wrong"),
    })
    .branch("kept", {
      on: "state",
      cases: { confirmed: completed("booked") },
      else: failed("told that it is booked, and then that it is not"),
    })
    .branch("refused", {
      on: "code",
      cases: { ADMISSION_EXPIRED: rejected("admission expired") },
      else: failed("refused without having done anything"),
    })
    .build();
}
