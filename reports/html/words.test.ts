import { expect, test } from "vitest";
import { bytes, clock, date, figure, percent } from "./words.ts";

test.each([
  [1, "100 %"],
  [0, "0 %"],
  [0.9999, "99.99 %"],
  [0.99985, "99.985 %"],
  [0.999996, "99.9996 %"],
  [0.8524, "85.2 %"],
  [0.5, "50 %"],
])("a share of %d is %s: no loss is rounded away", (share, text) => {
  expect(percent(share)).toBe(text);
});

test("figures carry their unit, and a missing one is a dash", () => {
  expect(figure(412, "ms")).toBe("412 ms");
  expect(figure(1234, "count")).toBe("1,234");
  expect(figure(null, "ms")).toBe("–");
});

test("the run's clock is in seconds, and in minutes for a long run", () => {
  expect(clock(20_031)).toBe("20 s");
  expect(clock(31_400)).toBe("31.4 s");
  expect(clock(725_000)).toBe("12:05");
});

test("sizes and dates", () => {
  expect(bytes(8130)).toBe("8.13 kB");
  expect(date("2026-11-21T13:06:40.000Z")).toBe("2026-11-21 13:06 UTC");
  expect(date("not a date")).toBe("not a date");
});
