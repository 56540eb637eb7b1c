import { expect, test } from "vitest";
import type { Journey, JourneyStep } from "../../common/journey.ts";
import { crowdJourneyProblems, journeyProblems } from "./problems.ts";
import { namesIn } from "./template.ts";

const system = { targets: ["edges", "shop"], events: ["joined", "admitted"] };
const join: JourneyStep = {
  name: "join",
  do: "stream",
  target: "edges",
  path: "/queue?buyer={client}&ticket={ticket}",
  listen: [{ event: "joined", capture: { ticket: "$.ticket" } }],
};
const turn: JourneyStep = {
  name: "turn",
  do: "wait",
  for: [{ event: "admitted", capture: { admission: "$.admission" } }],
  timeoutMs: 1000,
  onTimeout: { end: "failed", cause: "forgotten" },
};
const hold: JourneyStep = {
  name: "hold",
  do: "request",
  target: "shop",
  method: "POST",
  path: "/holds",
  headers: { Authorization: "Bearer {admission}", "Idempotency-Key": "{key:hold}" },
  body: { seats: ["{ticket}"] },
  on: { 201: "next", "5xx": { step: "turn" } },
  timeoutMs: 1000,
  retry: { on: ["timeout", "503"], attempts: 3, backoffMs: { min: 100, max: 200 } },
};
const sound: Journey = { id: "buy", share: 1, steps: [join, turn, hold] };
const of = (...steps: JourneyStep[]): Journey => ({ ...sound, steps });
const found = (journey: Journey) =>
  journeyProblems(journey, "scenarios/mine.ts", system).map(({ code, fact }) => [code, fact]);

test("a sound journey has none", () => {
  expect(found(sound)).toEqual([]);
});

const at = (step: string) => `scenarios/mine.ts: journey "buy", step "${step}": `;

test.each<[string, Journey, [code: string, fact: string][]]>([
  [
    "an unknown step, in each place that names one",
    of(
      join,
      { ...turn, onTimeout: { step: "ask" } },
      { ...hold, on: { 409: { step: "seats" } }, headers: { "Idempotency-Key": "{key:pay}" } },
    ),
    [
      ["JOURNEY_STEP_UNKNOWN", `${at("turn")}onTimeout leads to step "ask", which there is not`],
      ["JOURNEY_STEP_UNKNOWN", `${at("hold")}on.409 leads to step "seats", which there is not`],
      ["JOURNEY_STEP_UNKNOWN", `${at("hold")}{key:pay} names step "pay", which there is not`],
    ],
  ],
  [
    "a capture that nothing captures, in body, header, hash and branch",
    of(
      join,
      {
        ...hold,
        on: { 201: "next" },
        headers: { A: "{nobody}", B: "{hash:x:[no-one]}" },
        body: { deep: [{ seats: "{seats}" }] },
      },
      { name: "which", do: "branch", on: "state", cases: { a: { end: "completed", cause: "a" } } },
    ),
    [
      ["JOURNEY_CAPTURE_UNKNOWN", `${at("hold")}{nobody} is captured by no step before it`],
      ["JOURNEY_CAPTURE_UNKNOWN", `${at("hold")}{no-one} is captured by no step before it`],
      ["JOURNEY_CAPTURE_UNKNOWN", `${at("hold")}{seats} is captured by no step before it`],
      ["JOURNEY_CAPTURE_UNKNOWN", `${at("which")}{state} is captured by no step before it`],
    ],
  ],
  [
    "a capture that comes only later",
    of(join, { ...hold, on: { 201: "next" } }, turn),
    [
      [
        "JOURNEY_CAPTURE_UNKNOWN",
        `${at("hold")}{admission} is captured by no step before it (step "turn" comes later)`,
      ],
    ],
  ],
  [
    "an unknown event and an unknown target",
    of(
      { ...join, target: "edge" },
      { ...turn, for: [{ event: "let-in", capture: { admission: "$.admission" } }] },
      { ...hold, target: "box" },
    ),
    [
      ["JOURNEY_TARGET_UNKNOWN", `${at("join")}there is no target "edge"`],
      ["JOURNEY_EVENT_UNKNOWN", `${at("turn")}no stream brings an event "let-in"`],
      ["JOURNEY_TARGET_UNKNOWN", `${at("hold")}there is no target "box"`],
    ],
  ],
  [
    "a wait without a stream",
    of(turn),
    [["JOURNEY_STREAM_MISSING", `${at("turn")}it waits, and no step before it opens a stream`]],
  ],
  [
    "statuses that are none",
    of(
      { ...join, on: { 200: { end: "failed", cause: "x" }, refused: { end: "failed", cause: "x" } } },
      turn,
      {
        ...hold,
        on: { "20x": "next", 2000: "next" },
        retry: { on: ["reset"], attempts: 1, backoffMs: { min: 0, max: 0 } },
      },
    ),
    [
      ["JOURNEY_INVALID", `${at("join")}on: "200" is no status that refuses a stream`],
      ["JOURNEY_INVALID", `${at("join")}on: "refused" is no status that refuses a stream`],
      ["JOURNEY_INVALID", `${at("hold")}"2000" is no status`],
      ["JOURNEY_INVALID", `${at("hold")}"20x" is no status`],
      ["JOURNEY_INVALID", `${at("hold")}"reset" is no status`],
    ],
  ],
  [
    "templates and paths that cannot be read",
    of(
      {
        ...join,
        listen: [{ event: "joined", where: { ticket: "x" }, capture: { client: "$.a", ticket: "$..a" } }],
      },
      { ...turn, for: [{ event: "admitted", age: { path: "at", measure: "age" } }] },
      { ...hold, path: "/{cli ent}/{open", headers: {}, capture: { a: "header:", b: "status" } },
    ),
    [
      ["JOURNEY_CAPTURE_INVALID", `${at("join")}capture client from "$.a"`],
      ["JOURNEY_CAPTURE_INVALID", `${at("join")}capture ticket from "$..a"`],
      ["JOURNEY_PATH_INVALID", `${at("join")}"ticket" is no JSON path`],
      ["JOURNEY_PATH_INVALID", `${at("turn")}"at" is no JSON path`],
      [
        "JOURNEY_TEMPLATE_INVALID",
        `${at("hold")}{cli ent} is neither a capture nor {client}, {journey}, {random}, {key:STEP}, {pick:A|B}, {hash:TEXT}`,
      ],
      ["JOURNEY_TEMPLATE_INVALID", `${at("hold")}{open is not closed; {{ is a bracket itself`],
      ["JOURNEY_CAPTURE_INVALID", `${at("hold")}capture a from "header:"`],
    ],
  ],
  [
    "numbers that make no sense",
    of(
      join,
      { ...turn, timeoutMs: 0 },
      { ...hold, retry: { on: [], attempts: 0, backoffMs: { min: 0, max: 0 } } },
      {
        name: "think",
        do: "think",
        time: { kind: "uniform", minMs: 2, maxMs: 1 },
        abandon: { share: 2, cause: "x" },
      },
    ),
    [
      ["JOURNEY_INVALID", `${at("turn")}timeoutMs is 0`],
      ["JOURNEY_INVALID", `${at("hold")}retry needs 1 attempt or more, and 0 <= min <= max`],
      ["JOURNEY_INVALID", `${at("think")}its time is {"kind":"uniform","minMs":2,"maxMs":1}`],
      ["JOURNEY_INVALID", `${at("think")}a share of 2 gives up`],
    ],
  ],
  [
    "a step that nothing leads to, and one that goes round for ever",
    of(
      join,
      { name: "which", do: "branch", on: "ticket", cases: { a: { step: "which" } }, else: { step: "end" } },
      { name: "lost", do: "think", time: { kind: "constant", ms: 1 } },
      { name: "end", do: "end", end: "completed", cause: "x" },
    ),
    [
      ["JOURNEY_ENDLESS", `${at("which")}it leads back to itself by branches alone`],
      ["JOURNEY_STEP_UNREACHED", `${at("lost")}no way leads to it`],
    ],
  ],
])("%s", (_, journey, problems) => {
  expect(found(journey)).toEqual(problems);
});

test("names that are there twice, shares, and no steps", () => {
  const facts = (journeys: Journey[]) => crowdJourneyProblems(journeys, "mine.ts").map(({ fact }) => fact);
  expect(facts([{ ...sound, steps: [join, turn, { ...hold, name: "join" }] }])).toContain(
    'mine.ts: journey "buy": there are two steps "join"',
  );
  expect(facts([{ ...sound, steps: [] }])).toEqual(['mine.ts: journey "buy": it has no steps']);
  expect(facts([sound, { ...sound, share: 0.5 }])).toEqual([
    'mine.ts: there are two journeys "buy"',
    "mine.ts: the shares of buy 1, buy 0.5 add up to 1.5",
  ]);
  // In binary they miss 1 by a little.
  expect(
    facts(["a", "b", "c", "d"].map((id, index) => ({ ...sound, id, share: [0.1, 0.2, 0.3, 0.4][index]! }))),
  ).toEqual([]);
  expect(facts([])).toEqual([]);
});

test("each problem says what to do", () => {
  const [problem] = journeyProblems(of(join, turn, { ...hold, on: { 201: { step: "pay" } } }), "mine.ts");
  expect(problem!.remedy).toBe("its steps are join, turn, hold");
});

test("what a template names", () => {
  expect(namesIn("plain")).toEqual({ captures: [], keysOf: [], problems: [] });
  expect(namesIn("{{a}} {b}{client} {key:s} {pick:x|y} {hash:p:[c]:[[d]:[random]}")).toEqual({
    captures: ["b", "c"],
    keysOf: ["s"],
    problems: [],
  });
  expect(namesIn("{pick:a||b}").problems).toEqual(["{pick:a||b} has an empty choice"]);
});
