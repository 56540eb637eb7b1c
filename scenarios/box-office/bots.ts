import type { Journey } from "../../common/journey.ts";
import { journey } from "../journeys/journey.ts";
import { failed, goTo, rejected } from "../journeys/names.ts";
import {
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
import { purchaseLimit } from "./sale.ts";

/** Of the crowd. */
export const botShares = { challenge: 0.005, farm: 0.01, replay: 0.005 };
export const botShare = Object.values(botShares).reduce((sum, share) => sum + share);

interface BotOptions {
  /** Ids of the venue's. */
  sections: string[];
  patienceMs: number;
}

/** What bots try; a system that refuses them ends each as rejected, as it should. */
export function bots({ sections, patienceMs }: BotOptions): Journey[] {
  return [guesser(), farmer({ sections, patienceMs }), replayer({ sections, patienceMs })];
}

/** Answers the challenge with anything. */
const guesser = () =>
  journey("bot-challenge", { share: botShares.challenge })
    .stream("join", {
      target: "edges",
      path: `${presalePath}/queue?buyer={client}`,
      headers: { ...honest, "X-Challenge": "{random}" },
      on: { 403: rejected("challenge refused") },
    })
    .end("got-in", failed("let in without the challenge"))
    .build();

/** One machine that plays many buyers; those of it that get in take all they are given, and pay for nothing. */
const farmer = ({ sections, patienceMs }: BotOptions) =>
  journey("bot-farm", { share: botShares.farm })
    .stream("join", {
      target: "edges",
      path: `${presalePath}/queue?buyer={client}&ticket={ticket}`,
      headers: { ...honest, "X-Fingerprint": "farm" },
      on: { 429: rejected("fingerprint limit") },
      listen: [{ event: "joined", capture: { ticket: "$.ticket", ordinal: "$.ordinal" } }],
    })
    .waitFor("admission", letIn(patienceMs))
    .think("look", { kind: "uniform", minMs: 200, maxMs: 400 })
    .request("availability", availability)
    .branch("any-left", unlessSoldOut)
    .request("section", {
      ...read,
      path: sectionPath(sections, purchaseLimit),
      on: { 200: "next", 410: goTo("look") },
      capture: { seats: "$.seats" },
    })
    .request("hold", {
      ...holdRequest,
      on: { 201: goTo("look"), 403: "next", 409: goTo("look"), 410: rejected("sold out") },
      capture: { hold: "$.hold", code: "$.code" },
    })
    .branch("refused", {
      on: "code",
      cases: {
        LIMIT_EXCEEDED: rejected("purchase limit"),
        ADMISSION_EXPIRED: rejected("admission expired"),
      },
      else: failed("refused for another cause"),
    })
    .build();

/** Joins, and then uses its ticket as somebody else, and an admission that it wrote itself. */
const replayer = ({ sections, patienceMs }: BotOptions) =>
  journey("bot-replay", { share: botShares.replay })
    .stream("join", {
      target: "edges",
      path: `${presalePath}/queue?buyer={client}&ticket={ticket}`,
      headers: honest,
      listen: [{ event: "joined", capture: { ordinal: "$.ordinal" } }],
    })
    .waitFor("place", {
      for: [
        { event: "joined", capture: { ticket: "$.ticket" } },
        { event: "sold-out", next: rejected("sold out") },
      ],
      timeoutMs: patienceMs,
      onTimeout: failed("joined, and given no place"),
    })
    .request("replay", {
      target: "edges",
      method: "GET",
      path: `${presalePath}/queue?buyer=x{client}&ticket={ticket}`,
      headers: { ...honest, "X-Challenge": `{hash:presale:${event}:x[client]}` },
      on: { 200: failed("let in with another's ticket"), 401: "next" },
      timeoutMs: 10_000,
      retry: read.retry,
    })
    .request("forge", {
      ...change,
      path: `${presalePath}/holds`,
      headers: {
        Authorization: `Bearer a1.${event}.{client}.9999999999999999.{hash:forged:[client]}`,
        "Idempotency-Key": "{key:forge}",
      },
      body: { seats: [`${sections[0]}-1-1`] },
      on: { 201: failed("a forged admission was taken"), 401: rejected("forgeries refused") },
    })
    .build();
