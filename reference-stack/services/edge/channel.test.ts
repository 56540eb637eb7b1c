import { expect, test } from "vitest";
import type { StreamEvent } from "../../../common/match-day.ts";
import type { MatchEvent } from "../../../common/match-state.ts";
import { MatchChannel } from "./channel.ts";

const goal: MatchEvent = { type: "GOAL", factId: "g1", version: 1, team: "home", minute: 3, player: "A" };

const event = (seq: number, of: StreamEvent["event"] = goal, to?: number): StreamEvent => ({
  v: 1,
  stream: "match:a",
  seq,
  class: of.type === "ODDS" ? "odds" : "goal",
  sourceAtUs: seq,
  publishedAtUs: seq * 10,
  ...(to === undefined ? {} : { to }),
  event: of,
});

function apply(channel: MatchChannel, given: StreamEvent) {
  return channel.apply(given, JSON.stringify(given));
}

test("takes each event once, and in order only", () => {
  const channel = new MatchChannel("match:a", Buffer.alloc(0), 10);
  expect([1, 1, 3, 2, 2, 3].map((seq) => apply(channel, event(seq)))).toEqual([
    "applied",
    "known",
    "gap",
    "applied",
    "known",
    "applied",
  ]);
});

test("the opening is made once for each number, and holds the state as of it", () => {
  const channel = new MatchChannel("match:a", Buffer.from("HEAD\r\n\r\n"), 10);
  apply(channel, event(1));
  const opening = channel.openingBytes;
  expect(channel.openingBytes).toBe(opening);
  expect(opening.toString()).toMatch(/^HEAD\r\n\r\n[0-9a-f]+\r\nid: 1\nevent: snapshot\n/);
  apply(channel, event(2, { type: "ODDS", home: 2, draw: 3, away: 4 }));
  apply(channel, event(3, { type: "RETRACT", factId: "g1", version: 2, reason: "for one" }, 7));
  expect(JSON.parse(channel.stateBody.toString())).toEqual({
    v: 1,
    stream: "match:a",
    seq: 3,
    class: "snapshot",
    publishedAtUs: 30,
    state: [goal],
    odds: { sourceAtUs: 2, odds: { type: "ODDS", home: 2, draw: 3, away: 4 } },
  });
});

test("knows whom it can resume from memory, also after a jump", () => {
  const channel = new MatchChannel("match:a", Buffer.alloc(0), 10);
  expect([0, 1].map((seq) => channel.covers(seq))).toEqual([true, false]);
  channel.reset({
    v: 1,
    stream: "match:a",
    seq: 50,
    class: "snapshot",
    publishedAtUs: 1,
    state: [goal],
    odds: null,
  });
  expect([49, 50, 51].map((seq) => channel.covers(seq))).toEqual([false, true, false]);
  channel.prefill(
    [event(49), event(50), event(51)].map((given) => ({ event: given, json: JSON.stringify(given) })),
  );
  expect([47, 48, 50].map((seq) => channel.covers(seq))).toEqual([false, true, true]);
  apply(channel, event(51));
  expect([48, 51, 52].map((seq) => channel.covers(seq))).toEqual([true, true, false]);
});
