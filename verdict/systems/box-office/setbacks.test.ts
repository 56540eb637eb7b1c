import { expect, test } from "vitest";
import type { HistoryEntry } from "../../../common/journey.ts";
import { journeys } from "../../testing/presale-story.ts";
import { setbacksOf } from "./setbacks.ts";

const at = (second: number, entry: Partial<HistoryEntry>): HistoryEntry => ({
  ...{ client: 1, step: "book", type: "invoke", atUs: second * 1e6 },
  ...entry,
});
const setbacks = (history: HistoryEntry[]) => setbacksOf(history, journeys, 0);

test("a buyer waits from when a booking is pending until the next that is heard of it", () => {
  const { waiting } = setbacks([
    at(2.1, {}),
    at(2.2, { type: "ok", status: 202 }),
    at(3.5, { step: "join" }),
    at(5.1, { step: "end", type: "end", end: "completed" }),
    at(9, { client: 2, type: "ok", status: 201 }),
  ]);
  expect([1, 2, 3, 4, 5, 9].map(waiting)).toEqual([0, 1, 1, 1, 0, 0]);
});

test("whoever asks and hears that it is pending still, or nothing, waits on", () => {
  const ask = { step: "confirmation" };
  const { waiting, putOff } = setbacks([
    at(2, { type: "ok", status: 202 }),
    at(3, ask),
    at(3.1, { ...ask, type: "ok", status: 200, values: { state: "pending" } }),
    at(4, ask),
    at(5, { ...ask, type: "info", cause: "timeout" }),
    at(6, ask),
    at(6.1, { ...ask, type: "ok", status: 200, values: { state: "confirmed" } }),
    at(9, { step: "end", type: "end", end: "completed" }),
  ]);
  expect([1, 2, 3, 4, 5, 6, 7].map(waiting)).toEqual([0, 1, 1, 1, 1, 0, 0]);
  expect(putOff(5)).toBe(0);
});

test("whoever waits to the last is counted to the last", () => {
  const { waiting } = setbacks([at(2, { type: "ok", status: 202 }), at(4, { client: 2 })]);
  expect([2, 3, 4, 5].map(waiting)).toEqual([1, 1, 1, 0]);
});

test("no answer and 503 put a buyer off; a no is an answer, and a stream no wish", () => {
  const { putOff } = setbacks([
    at(1, { type: "info" }),
    at(1, { type: "fail", status: 503, step: "hold" }),
    at(1, { type: "fail", status: 409, step: "hold" }),
    at(1, { type: "fail", status: 503, step: "join" }),
  ]);
  expect(putOff(1)).toBe(2);
});
