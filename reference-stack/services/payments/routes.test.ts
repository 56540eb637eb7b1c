import Fastify from "fastify";
import { beforeEach, describe, expect, test } from "vitest";
import type { PaymentBehaviour } from "../../../common/presale.ts";
import { refuseUnknownRoutes } from "../../../common/refused-requests.ts";
import { answerErrorsAsJson } from "../../service-kit/json-errors.ts";
import { Provider } from "./provider.ts";
import { paymentRoutes } from "./routes.ts";

const body = { booking: "b-1", buyer: "ann", amountCents: 9000, card: "card-1" };
const quick: PaymentBehaviour = { latencyMs: 0, jitterMs: 0, declineShare: 0, outage: "none" };
let provider: Provider;
let server: ReturnType<typeof Fastify>;

beforeEach(() => {
  provider = new Provider();
  provider.behave(quick);
  server = Fastify({ bodyLimit: 1024 });
  refuseUnknownRoutes(server);
  answerErrorsAsJson(server);
  paymentRoutes(server, provider);
});

const charge = (payload: unknown = body, headers: Record<string, string> = { "idempotency-key": "b-1" }) =>
  server.inject({ method: "POST", url: "/v1/charges", headers, payload: payload as object });
const refund = (payload: object) => server.inject({ method: "POST", url: "/v1/refunds", payload });

test("a charge is taken, and given back", async () => {
  const taken = await charge();
  expect([taken.statusCode, taken.json()]).toEqual([
    201,
    { charge: expect.stringMatching(/^ch-/), state: "taken" },
  ]);
  expect((await charge()).json()).toEqual(taken.json());
  const back = await refund({ charge: taken.json().charge });
  expect([back.statusCode, back.json().state]).toEqual([200, "refunded"]);
  const again = await charge();
  expect([again.statusCode, again.json().code]).toEqual([409, "CHARGE_CANCELLED"]);
});

test("a card is declined", async () => {
  provider.behave({ ...quick, declineShare: 1 });
  const declined = await charge();
  expect([declined.statusCode, declined.json().code]).toEqual([402, "CARD_DECLINED"]);
  provider.behave(quick);
  expect((await charge()).statusCode).toBe(402);
});

test("what is cancelled by its key stays cancelled", async () => {
  expect((await refund({ key: "b-1" })).json()).toEqual({ state: "cancelled" });
  expect((await charge()).json().code).toBe("CHARGE_CANCELLED");
});

test("an outage refuses, and takes nothing", async () => {
  provider.behave({ ...quick, outage: "refuse" });
  expect([(await charge()).statusCode, (await refund({ key: "b-1" })).statusCode]).toEqual([503, 503]);
  expect(provider.books.all()).toEqual([]);
});

test("books and behaviour are told", async () => {
  await charge();
  const audit = await server.inject("/v1/audit");
  expect(JSON.parse(audit.body)).toMatchObject({ type: "charge", key: "b-1", state: "taken" });
  expect((await server.inject("/v1/charges?after=0")).json()).toHaveLength(1);
  const told = await server.inject({
    method: "PUT",
    url: "/v1/behaviour",
    payload: { ...quick, latencyMs: 8000 },
  });
  expect([told.statusCode, told.json().latencyMs]).toEqual([200, 8000]);
  expect((await server.inject("/v1/behaviour")).json()).toEqual({ ...quick, latencyMs: 8000 });
});

describe("bad input is refused, and nothing is taken", () => {
  test.each<[string, number, string, unknown, Record<string, string>?]>([
    ["no key", 400, "KEY_INVALID", body, {}],
    ["a strange key", 400, "KEY_INVALID", body, { "idempotency-key": "a b" }],
    ["a negative amount", 400, "CHARGE_INVALID", { ...body, amountCents: -1 }],
    ["half a cent", 400, "CHARGE_INVALID", { ...body, amountCents: 0.5 }],
    ["a field too many", 400, "CHARGE_INVALID", { ...body, more: 1 }],
    ["a list", 400, "CHARGE_INVALID", []],
    ["no JSON", 400, "BODY_INVALID", "{", { "content-type": "application/json", "idempotency-key": "b-1" }],
    ["a form", 415, "MEDIA_TYPE_UNSUPPORTED", "a=b", { "content-type": "text/x", "idempotency-key": "b-1" }],
    ["too much", 413, "BODY_TOO_LARGE", { ...body, card: "x".repeat(5000) }],
  ])("%s", async (_, status, code, payload, headers) => {
    const answer = await charge(payload, headers);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.json().fact).toBeTruthy();
    expect(provider.books.all()).toEqual([]);
  });

  test("an unknown charge, an unknown outage, a cursor of letters, an unknown path", async () => {
    const answers = await Promise.all([
      refund({ charge: "ch-none" }),
      refund({}),
      server.inject({ method: "PUT", url: "/v1/behaviour", payload: { ...quick, outage: "maybe" } }),
      server.inject("/v1/charges?after=x"),
      server.inject("/v1/nothing"),
    ]);
    expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual([
      [404, "CHARGE_UNKNOWN"],
      [400, "REFUND_INVALID"],
      [400, "BEHAVIOUR_INVALID"],
      [400, "CURSOR_INVALID"],
      [404, "ROUTE_UNKNOWN"],
    ]);
  });
});
