import { expect, test } from "vitest";
import { textTable, widthOf } from "./text-table.ts";

test("columns are as wide as their widest cell, and colour takes no width", () => {
  expect(
    textTable({
      head: ["a", "b", "c"],
      rows: [
        ["\u001b[31mred\u001b[39m", "1", "x"],
        ["r", "12345", ""],
      ],
    }),
  ).toEqual(["a    b      c", "\u001b[31mred\u001b[39m  1      x", "r    12345"]);
});

test("the last cell of a short row takes the room that there is", () => {
  expect(
    textTable({
      head: ["a", "b", "c"],
      rows: [
        ["1", "not exercised"],
        ["2", "3", "4"],
      ],
    }),
  ).toEqual(["a  b  c", "1  not exercised", "2  3  4"]);
});

test("the first column is cut to fit, by characters as they are seen, and keeps its end", () => {
  const family = "👩‍👩‍👧";
  const rows = [[`${family.repeat(20)} (p99)`, "8.3 s ≤ 12 s"]];
  const [line] = textTable({ rows, columns: 40 });
  expect(line).toBe(`${family.repeat(9)}… (p99)   8.3 s ≤ 12 s`);
  expect(widthOf(line!)).toBeLessThanOrEqual(40);
});

test("no title is cut to nothing", () => {
  const [line] = textTable({ rows: [["t".repeat(60), "x".repeat(200)]], columns: 100 });
  expect(line!.startsWith(`${"t".repeat(17)}…tttttt  x`)).toBe(true);
});

test("no rows are no lines", () => {
  expect(textTable({ rows: [] })).toEqual([]);
});

test.each([
  ["abc", 3],
  ["ナイト", 6],
  ["🥅", 2],
  ["e\u0301", 1],
  ["⚠️", 2],
])("%s takes %d columns", (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});
