import { describe, expect, test } from "vitest";
import { Tokens } from "./tokens.ts";

const tokens = new Tokens("a secret that all services share");
const ticket = { event: "final", buyer: "b-7", ordinal: 42 };
const admission = { event: "final", buyer: "b-7", expiresAtUs: 1_800_000_000_000_000 };

test("a ticket says whose place it is", () => {
  const text = tokens.ticket(ticket);
  expect(text).toMatch(/^v1\.final\.b-7\.42\.[\w-]{43}$/);
  expect(tokens.readTicket(text)).toEqual(ticket);
});

test("an admission says who may stay until when", () => {
  const text = tokens.admission(admission);
  expect(text).toMatch(/^a1\.final\.b-7\.1800000000000000\.[\w-]{43}$/);
  expect(tokens.readAdmission(text)).toEqual(admission);
});

describe("nothing else is a token", () => {
  const text = tokens.ticket(ticket);
  test.each([
    ["another buyer", text.replace("b-7", "b-8")],
    ["another event", text.replace("final", "semi")],
    ["another place", text.replace(".42.", ".1.")],
    ["another signature", `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`],
    ["another secret", new Tokens("a secret of somebody else").ticket(ticket)],
    ["half a token", text.slice(0, -5)],
    ["a bit more", `${text}A`],
    ["a line end behind it", `${text}\n`],
    ["a leading zero", text.replace(".42.", ".042.")],
    ["very long", `v1.${"x".repeat(100_000)}`],
    ["nothing", ""],
    ["an admission", tokens.admission(admission)],
  ])("%s", (_, forged) => {
    expect(tokens.readTicket(forged)).toBeUndefined();
  });

  test("a ticket is no admission", () => {
    expect(tokens.readAdmission(text)).toBeUndefined();
  });
});
