import { describe, expect, test } from "vitest";
import { journey } from "./journey.ts";
import { completed, goTo, rejected } from "./names.ts";

const joined = journey("buy", { share: 0.5 }).stream("join", {
  target: "edges",
  path: "/queue?buyer={client}&ticket={ticket}",
  on: { 403: rejected("no") },
  listen: [{ event: "joined", capture: { ticket: "$.ticket" } }],
});
const read = { target: "box-office", method: "GET", timeoutMs: 1000 } as const;

test("a journey is written step by step, and becomes data", () => {
  const built = joined
    .waitFor("turn", {
      for: [{ event: "admitted", capture: { admission: "$.admission" } }],
      timeoutMs: 1000,
      onTimeout: rejected("never"),
    })
    .request("seat", { ...read, path: "/seat?as={admission}", on: { 200: "next", 410: goTo("sorry") } })
    .think("choose", { kind: "constant", ms: 5 }, { share: 0.1, cause: "bored" })
    .branch("again", { on: "admission", cases: { none: goTo("seat") } })
    .end("done", completed("seated"))
    .end("sorry", rejected("no seat"))
    .build();
  expect(built).toEqual({
    id: "buy",
    share: 0.5,
    steps: [
      {
        name: "join",
        do: "stream",
        target: "edges",
        path: "/queue?buyer={client}&ticket={ticket}",
        on: { 403: { end: "rejected", cause: "no" } },
        listen: [{ event: "joined", capture: { ticket: "$.ticket" } }],
      },
      {
        name: "turn",
        do: "wait",
        for: [{ event: "admitted", capture: { admission: "$.admission" } }],
        timeoutMs: 1000,
        onTimeout: { end: "rejected", cause: "never" },
      },
      {
        name: "seat",
        do: "request",
        ...read,
        path: "/seat?as={admission}",
        on: { 200: "next", 410: { step: "sorry" } },
      },
      {
        name: "choose",
        do: "think",
        time: { kind: "constant", ms: 5 },
        abandon: { share: 0.1, cause: "bored" },
      },
      { name: "again", do: "branch", on: "admission", cases: { none: { step: "seat" } } },
      { name: "done", do: "end", end: "completed", cause: "seated" },
      { name: "sorry", do: "end", end: "rejected", cause: "no seat" },
    ],
  });
});

test("a journey that is begun can be gone on with in two ways", () => {
  const [early, late] = [joined.end("a", completed("a")).build(), joined.end("b", completed("b")).build()];
  expect([early, late].map(({ steps }) => steps.map(({ name }) => name))).toEqual([
    ["join", "a"],
    ["join", "b"],
  ]);
});

describe("the compiler knows names: a mistake in one is a mistake in the types", () => {
  test("of steps", () => {
    // @ts-expect-error there is no step "hold"
    joined.request("seat", { ...read, path: "/", on: { 409: goTo("hold") } }).build();
    // @ts-expect-error there is no step "hold"
    joined.branch("which", { on: "ticket", cases: { yes: goTo("hold") } }).build();
    // @ts-expect-error there is no step "hold"
    joined.request("seat", { ...read, path: "/?key={key:hold}", on: { 200: "next" } }).build();
  });

  test("of captures", () => {
    // @ts-expect-error nothing captures {seats}
    joined.request("seat", { ...read, path: "/{client}/{seats}", on: { 200: "next" } }).build();
    // @ts-expect-error nothing captures state
    joined.branch("which", { on: "state", cases: { yes: completed("yes") } }).build();
  });

  test("and what it knows without a capture", () => {
    joined
      .request("seat", {
        ...read,
        path: "/{client}/{random}/{journey}/{pick:a|b}/{hash:x[client]}/{key:seat}/{ticket}",
        on: { 200: "next" },
      })
      .build();
  });
});
