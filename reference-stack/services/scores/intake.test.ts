import { expect, test } from "vitest";
import type { FeedMessage } from "../../../common/match-day.ts";
import { Intake } from "./intake.ts";
import { Ledger } from "./ledger.ts";

const message = (n: number, stream = "match:a"): FeedMessage => ({
  n,
  source: "vendor",
  stream,
  class: "odds",
  version: n,
  sourceAtUs: n * 10,
  event: { type: "ODDS", home: 2, draw: 3, away: 4 },
});

test("each stream is numbered without a gap, and each event has the instant of its intake", () => {
  let now = 100;
  const intake = new Intake({ feedN: 0, seqs: new Map() }, () => now++);
  const taken = [message(1), message(2, "match:b"), message(3)].map((given) => intake.take(given));
  expect(taken).toMatchObject([
    { stream: "match:a", seq: 1, feedN: 1, publishedAtUs: 100, sourceAtUs: 10 },
    { stream: "match:b", seq: 1, feedN: 2, publishedAtUs: 101 },
    { stream: "match:a", seq: 2, feedN: 3, publishedAtUs: 102 },
  ]);
});

test("goes on from where an earlier life stood", () => {
  const intake = new Intake({ feedN: 40, seqs: new Map([["match:a", 30]]) }, () => 1);
  expect(intake.cursor).toBe(40);
  expect(intake.take(message(41))).toMatchObject({ seq: 31 });
  expect(intake.take(message(42, "match:new"))).toMatchObject({ seq: 1 });
});

test("takes nothing twice, and nothing out of turn", () => {
  const intake = new Intake({ feedN: 0, seqs: new Map() }, () => 1);
  intake.take(message(1));
  expect(intake.take(message(1))).toBe("duplicate");
  expect(intake.take(message(3))).toBe("gap");
  expect(intake.take(message(2))).toMatchObject({ seq: 2 });
  expect(intake.cursor).toBe(2);
});

test("goes past what makes no sense, only when it is its turn", () => {
  const intake = new Intake({ feedN: 0, seqs: new Map() }, () => 1);
  intake.skip(2);
  expect(intake.cursor).toBe(0);
  intake.skip(1);
  expect(intake.take(message(2))).toMatchObject({ seq: 1 });
});

test("the ledger is read on from any entry, and holds no more than is published", () => {
  const intake = new Intake({ feedN: 0, seqs: new Map() }, () => 5);
  const ledger = new Ledger();
  for (let n = 1; n <= 5; n++) {
    const taken = intake.take(message(n));
    if (typeof taken === "object") ledger.add(taken);
  }
  expect(ledger.after(3).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(ledger.after(0, 2).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(ledger.after(5)).toEqual([]);
  expect(Object.keys(ledger.after(0)[0]!)).toEqual([
    "stream",
    "seq",
    "class",
    "sourceAtUs",
    "publishedAtUs",
    "event",
  ]);
});
