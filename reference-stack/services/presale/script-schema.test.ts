import { describe, expect, test } from "vitest";
import { type OpenPresale, presaleRequest } from "./script-schema.ts";

const script: OpenPresale = {
  event: "final",
  openAtUs: 1_800_000_000_000_000,
  venue: {
    id: "arena",
    name: "Arena",
    sections: [
      { id: "north", rows: 10, seatsPerRow: 20, priceCents: 9000 },
      { id: "south", rows: 10, seatsPerRow: 20, priceCents: 7000 },
    ],
  },
  purchaseLimit: 4,
  holdMs: 10_000,
  admissionMs: 60_000,
  admission: { fromMs: 0, startPerSecond: 50, minPerSecond: 5, maxPerSecond: 500, targetConflictRate: 0.1 },
  fingerprintLimit: 20,
  seed: 7,
};

test("a script is read as it is", () => {
  expect(presaleRequest.parse(script)).toEqual(script);
});

describe("what is refused", () => {
  const sections = script.venue.sections;
  test.each<[string, object]>([
    ["a colon in the event", { event: "a:b" }],
    ["a dot in the event", { event: "a.b" }],
    ["no sections", { venue: { ...script.venue, sections: [] } }],
    ["one id twice", { venue: { ...script.venue, sections: [sections[0], sections[0]] } }],
    [
      "too many seats",
      { venue: { ...script.venue, sections: [{ ...sections[0], rows: 1000, seatsPerRow: 1000 }] } },
    ],
    ["a start below the least", { admission: { ...script.admission, startPerSecond: 1 } }],
    ["a field that nobody knows", { seats: 3 }],
    ["no limit", { purchaseLimit: 0 }],
    ["an instant that is a text", { openAtUs: "now" }],
  ])("%s", (_, change) => {
    expect(presaleRequest.safeParse({ ...script, ...change }).success).toBe(false);
  });
});
