import { expect, test } from "vitest";
import { allVisible, visible, visibleJson, visibleLines } from "./visible.ts";

test.each([
  ["an escape sequence", "\u001b[31mred\u001b[0m", "\\u{1b}[31mred\\u{1b}[0m"],
  ["an escape sequence of one character", "\u009b2J", "\\u{9b}2J"],
  ["a bell, a backspace, a null", "\u0007\b\u0000", "\\u{7}\\u{8}\\u{0}"],
  ["line breaks and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
  ["text turned around", "abc\u202etxt.exe\u202c", "abc\\u{202e}txt.exe\\u{202c}"],
  ["isolates and marks", "\u2066x\u2069\u200f", "\\u{2066}x\\u{2069}\\u{200f}"],
  ["what has no width", "pass\u200bword\ufeff", "pass\\u{200b}word\\u{feff}"],
  ["tags that no font draws", "a\u{e0041}", "a\\u{e0041}"],
  ["half a character", "\ud83e!", "\\u{d83e}!"],
])("shows %s instead of doing it", (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test.each(["🏴󠁧󠁢󠁥󠁮󠁧󠁿 1:0", "café 🥅 ナイト", "👩‍👩‍👧", "שלום", "क्ष", "a\u0301"])("leaves %s alone", (text) => {
  expect(visible(text)).toBe(text);
});

test("keeps the lines of text that has some", () => {
  expect(visibleLines("one\r\ntwo\u0007\nthree")).toBe("one\ntwo\\u{7}\nthree");
});

test("goes through a whole value, and changes nothing else", () => {
  const given = { "k\u0007": ["a\u001b", 1, null, true, { deep: "\u202e" }] };
  expect(allVisible(given)).toEqual({ "k\\u{7}": ["a\\u{1b}", 1, null, true, { deep: "\\u{202e}" }] });
});

test("JSON shows what a terminal would do, and means the same", () => {
  const value = { "a\u009b2J": "x\n\u001b[2J\u007f\u202e\u{e0041}é⚽", list: [1, null] };
  const text = visibleJson(value);
  expect(text).toMatch(/^[\n\x20-\x7eé⚽]*$/u);
  expect(JSON.parse(text)).toEqual(value);
  expect(visibleJson({ plain: ["é"] })).toBe(JSON.stringify({ plain: ["é"] }, null, 2));
});

test("a date stays one", () => {
  const since = new Date(0);
  expect(allVisible({ since, id: "\u0007" })).toEqual({ since, id: "\\u{7}" });
});
