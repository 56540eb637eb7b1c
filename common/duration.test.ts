import { expect, test } from "vitest";
import { formatMs, parseDuration } from "./duration.ts";

test.each([
  ["250ms", 250],
  ["10s", 10_000],
  ["1.5s", 1500],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  [" 5s ", 5000],
  ["0s", 0],
])("%j is a duration", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  "",
  " ",
  "10",
  "ten",
  "-1s",
  "s",
  "1 s",
  "1s 2ms",
  "1.s",
  ".5s",
  "5sx",
  "1d",
  "1e3s",
  "∞s",
  "0x10s",
  "-0s",
  "1,5s",
  "1s1s",
  "1s1m",
  "２s",
  `${"9".repeat(400)}s`,
  "2401h",
  "9".repeat(100_000),
])("%j is none", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, "0 ms"],
  [0.4, "0.4 ms"],
  [0.0123, "0.012 ms"],
  [9.96, "10 ms"],
  [38.4, "38 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1270, "1.27 s"],
  [9999, "10 s"],
  [12_340, "12.3 s"],
  [119_960, "2 min"],
  [125_000, "2 min 5 s"],
  [180_000, "3 min"],
  [-1500, "-1.5 s"],
  [-125_000, "-2 min 5 s"],
])("%d ms reads %s", (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});
