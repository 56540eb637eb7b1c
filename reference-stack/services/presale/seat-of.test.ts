import { expect, test } from "vitest";
import { seatCount, seatOf, seatsOf, sectionOfSeat } from "./seat-of.ts";

const north = { id: "north", rows: 2, seatsPerRow: 12, priceCents: 100 };
const dashed = { id: "box-1-2", rows: 1, seatsPerRow: 1, priceCents: 100 };
const sections = new Map([north, dashed].map((section) => [section.id, section]));

test("every seat of a section is where its id says", () => {
  const seats = [...seatsOf(north)];
  expect(seats).toHaveLength(24);
  expect(seatOf(sections, seats[23]!)).toEqual({ section: north, row: 2, seat: 12 });
  expect(seatOf(sections, "box-1-2-1-1")).toEqual({ section: dashed, row: 1, seat: 1 });
  expect([sectionOfSeat("north-2-12"), sectionOfSeat("box-1-2-1-1")]).toEqual(["north", "box-1-2"]);
  expect(seatCount({ id: "v", name: "V", sections: [north, dashed] })).toBe(25);
});

test.each([
  ["north-3-1"],
  ["north-1-13"],
  ["north-0-1"],
  ["north-1-01"],
  ["north-1"],
  ["south-1-1"],
  ["north-1-1\n"],
  ["north--1-1"],
  ["north-1-1-1"],
  ["constructor-1-1"],
  [""],
])("%j is no seat", (id) => {
  expect(seatOf(sections, id)).toBeUndefined();
});
