import { describe, expect, test } from "vitest";
import { testPresale } from "../../testing/presale-script.ts";
import { Tokens } from "../presale/tokens.ts";
import { type AskContext, askOf, challengeAnswer, isSameSecret } from "./asks.ts";
import { Room } from "./room.ts";

const tokens = new Tokens("a secret that all services share");
const presale = testPresale();
const room = new Room(presale, JSON.stringify(presale), 0);
const context: AskContext = {
  rooms: new Map([["final", room]]),
  tokens,
  synced: true,
  nowUs: presale.openAtUs + 1,
};
const honest = {
  "x-fingerprint": "fp-1",
  "x-challenge": challengeAnswer("final", "ann"),
  "x-buyer-secret": "drawn-by-ann-herself",
};

function ask(
  query: string,
  { event = "final", headers = honest as Record<string, string>, ...changed }: Record<string, unknown> = {},
) {
  const given = headers as Record<string, string>;
  return askOf(String(event), new URLSearchParams(query), (name) => given[name], { ...context, ...changed });
}

const ticket = tokens.ticket({ event: "final", buyer: "ann", ordinal: 7 });

test("who comes without a ticket joins; an empty one is none", () => {
  const secretHash = expect.stringMatching(/^[\w-]{43}$/);
  const joins = { room, buyer: "ann", fingerprint: "fp-1", secretHash, claimed: 0 };
  expect(ask("buyer=ann")).toEqual(joins);
  expect(ask("buyer=ann&ticket=")).toEqual(joins);
});

test("of a secret there is a hash, another one for each buyer and secret", () => {
  const hashOf = (buyer: string, secret: string) => {
    const headers = { ...honest, "x-challenge": challengeAnswer("final", buyer), "x-buyer-secret": secret };
    const asked = ask(`buyer=${buyer}`, { headers });
    return "status" in asked ? asked.code : asked.secretHash;
  };
  const first = hashOf("ann", "0123456789abcdef");
  expect(first).not.toContain("0123456789abcdef");
  expect(isSameSecret(first, hashOf("ann", "0123456789abcdef"))).toBe(true);
  for (const other of [hashOf("bob", "0123456789abcdef"), hashOf("ann", "0123456789abcdee"), "", `${first}x`])
    expect(isSameSecret(first, other)).toBe(false);
});

test("a ticket is enough, also before the doors open", () => {
  expect(ask(`buyer=ann&ticket=${ticket}`, { headers: {}, nowUs: 0 })).toMatchObject({
    buyer: "ann",
    claimed: 7,
  });
});

describe("what is refused", () => {
  test.each<[string, string, Record<string, unknown>, number, string]>([
    ["an unknown presale", "buyer=ann", { event: "semi" }, 404, "PRESALE_UNKNOWN"],
    ["anything before Redis was reached", "buyer=ann", { event: "semi", synced: false }, 503, "NOT_READY"],
    ["no buyer", "", {}, 400, "BUYER_INVALID"],
    ["a buyer with a dot", "buyer=a.b", {}, 400, "BUYER_INVALID"],
    ["another's ticket", `buyer=bob&ticket=${ticket}`, {}, 401, "TICKET_INVALID"],
    ["half a ticket", `buyer=ann&ticket=${ticket.slice(0, 20)}`, {}, 401, "TICKET_INVALID"],
    ["who is early", "buyer=ann", { nowUs: presale.openAtUs - 1 }, 425, "NOT_OPEN"],
    ["another's answer to the challenge", "buyer=bob", {}, 403, "CHALLENGE_FAILED"],
    ["no answer", "buyer=ann", { headers: { "x-fingerprint": "fp" } }, 403, "CHALLENGE_FAILED"],
    [
      "no fingerprint",
      "buyer=ann",
      { headers: { ...honest, "x-fingerprint": "" } },
      400,
      "FINGERPRINT_INVALID",
    ],
    ...["", "fifteen-letters", "x".repeat(129), "with a space and more"].map(
      (given): [string, string, Record<string, unknown>, number, string] => [
        `"${given.slice(0, 20)}" for a secret`,
        "buyer=ann",
        { headers: { ...honest, "x-buyer-secret": given } },
        400,
        "SECRET_INVALID",
      ],
    ),
  ])("%s", (_, query, changed, status, code) => {
    expect(ask(query, changed)).toMatchObject({ status, code });
  });
});
