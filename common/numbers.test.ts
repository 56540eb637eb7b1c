import { expect, test } from "vitest";
import { parseDecimal, parseWhole, quoted } from "./numbers.ts";

test.each([
  ["0", 0],
  ["2000", 2000],
  ["2_000", 2000],
  ["2,000", 2000],
  ["1,234,567", 1_234_567],
  ["007", 7],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
])("%j is a whole number", (text, value) => {
  expect(parseWhole(text)).toBe(value);
});

const noNumbers = [
  "",
  " ",
  "5,,0",
  "5,0",
  "1_0",
  ",5",
  "5,",
  "1,000_000",
  "0x10",
  "1e3",
  "1.0",
  "-1",
  "-0",
  "+5",
];
const beyond = ["Infinity", "NaN", "٣", "５", "9007199254740992", "9".repeat(400), "1 000", "5\n", "\u001b5"];

test.each([...noNumbers, ...beyond])("%j is none", (text) => {
  expect(parseWhole(text)).toBeUndefined();
});

test("decimals are read as they are written", () => {
  expect(parseDecimal("0.99")).toBe(0.99);
  expect(parseDecimal("-5")).toBe(-5);
  expect(Object.is(parseDecimal("-0"), 0)).toBe(true);
  for (const text of ["", " ", ".5", "5.", "0x10", "1e3", "Infinity", "1,5", "9".repeat(400), "--5"])
    expect(parseDecimal(text), text).toBeUndefined();
});

test("of what is endless the beginning is quoted", () => {
  expect(quoted("5,,0")).toBe('"5,,0"');
  expect(quoted("9".repeat(400))).toBe(`"${"9".repeat(60)}…" (400 characters)`);
});
