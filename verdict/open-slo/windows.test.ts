import { expect, test } from "vitest";
import type { SloWindow } from "../contract.ts";
import { readWindow, windowAt } from "./windows.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const calendar = (duration: string, startTime: string, timeZone = "Etc/UTC") =>
  readWindow({ duration, calendar: { startTime, timeZone } }) as SloWindow;

/** The window that an instant falls into, as ISO times. */
function at(window: SloWindow, instant: string): [from: string, to: string] {
  const { fromMs, toMs } = windowAt(window, Date.parse(instant));
  const iso = (ms: number) => new Date(ms).toISOString().replace(":00.000Z", "Z");
  return [iso(fromMs), iso(toMs)];
}

test.each([
  ["90m", 90 * 60_000],
  ["1h", hourMs],
  ["30d", 30 * dayMs],
  ["4w", 28 * dayMs],
])("a rolling window of %s", (duration, ms) => {
  expect(readWindow({ duration, isRolling: true })).toEqual({ duration, ms, isRolling: true });
  expect(readWindow({ duration })).toEqual({ duration, ms, isRolling: true });
});

test("months are as long as they are", () => {
  const month = calendar("1M", "2026-01-01 00:00:00");
  expect(month).toEqual({
    ...{ duration: "1M", ms: 31 * dayMs, isRolling: false },
    ...{ startTime: "2026-01-01 00:00:00", timeZone: "Etc/UTC" },
  });
  expect(at(month, "2026-02-14T12:00:00Z")).toEqual(["2026-02-01T00:00Z", "2026-03-01T00:00Z"]);
  expect(at(month, "2028-02-29T23:59:59Z")).toEqual(["2028-02-01T00:00Z", "2028-03-01T00:00Z"]);
  // An edge belongs to the window that it begins.
  expect(at(month, "2026-03-01T00:00:00Z")).toEqual(["2026-03-01T00:00Z", "2026-04-01T00:00Z"]);
});

test("a month from a 31st begins on the last day of shorter ones, and the next again on the 31st", () => {
  const month = calendar("1M", "2026-01-31 12:30:00");
  expect(at(month, "2026-03-01T00:00:00Z")).toEqual(["2026-02-28T12:30Z", "2026-03-31T12:30Z"]);
});

test("quarters, years, weeks and days, before the first window as well as after it", () => {
  expect(at(calendar("1Q", "2026-01-01 00:00:00"), "2026-05-05T00:00:00Z")).toEqual([
    "2026-04-01T00:00Z",
    "2026-07-01T00:00Z",
  ]);
  expect(at(calendar("1Y", "2026-07-01 00:00:00"), "2025-01-01T00:00:00Z")).toEqual([
    "2024-07-01T00:00Z",
    "2025-07-01T00:00Z",
  ]);
  expect(at(calendar("2w", "2026-01-05 00:00:00"), "2026-01-20T00:00:00Z")).toEqual([
    "2026-01-19T00:00Z",
    "2026-02-02T00:00Z",
  ]);
  expect(at(calendar("6h", "2026-01-05 01:00:00"), "2026-01-06T00:00:00Z")).toEqual([
    "2026-01-05T19:00Z",
    "2026-01-06T01:00Z",
  ]);
});

test("a calendar's days are those of its time zone, and change with its clocks", () => {
  const day = calendar("1d", "2026-01-01 00:00:00", "America/New_York");
  expect(at(day, "2026-01-15T12:00:00Z")).toEqual(["2026-01-15T05:00Z", "2026-01-16T05:00Z"]);
  // Clocks go forward on 8 March, and back on 1 November.
  expect(at(day, "2026-03-08T12:00:00Z")).toEqual(["2026-03-08T05:00Z", "2026-03-09T04:00Z"]);
  expect(at(day, "2026-11-01T12:00:00Z")).toEqual(["2026-11-01T04:00Z", "2026-11-02T05:00Z"]);
  const march = calendar("1M", "2026-03-01 00:00:00", "America/New_York");
  expect(march.ms).toBe(31 * dayMs - hourMs);
});

test("a time that clocks skip or show twice is read with the offset before the change", () => {
  const day = (start: string) => calendar("1d", start, "America/New_York");
  expect(at(day("2026-03-08 02:30:00"), "2026-03-08T12:00:00Z")[0]).toBe("2026-03-08T07:30Z");
  expect(at(day("2026-11-01 01:30:00"), "2026-11-01T12:00:00Z")[0]).toBe("2026-11-01T05:30Z");
});
