import type { SloWindow } from "../contract.ts";
import type { TimeWindow } from "./schema.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What lasts the same whenever it begins. */
const fixedMs: Readonly<Record<string, number>> = { m: minuteMs, h: hourMs, d: dayMs, w: 7 * dayMs };
const months: Readonly<Record<string, number>> = { M: 1, Q: 3, Y: 12 };

interface Refusal {
  fact: string;
  remedy: string;
  /** Within the window. */
  at: string[];
}

/** Reads a `timeWindow` of OpenSLO. `ms` of a calendar window is that of its first one: `windowAt` has the others. */
export function readWindow({ duration, isRolling, calendar }: TimeWindow): SloWindow | Refusal {
  const rolls = isRolling ?? calendar === undefined;
  if (rolls && calendar) {
    return {
      fact: "a rolling window has no calendar",
      remedy: "leave out calendar, or say isRolling: false",
      at: ["calendar"],
    };
  }
  const { amount, unit } = partsOf(duration);
  if (!calendar) {
    if (!rolls) {
      return {
        fact: "a window that does not roll needs a calendar",
        remedy: "add calendar with startTime and timeZone, or say isRolling: true",
        at: ["isRolling"],
      };
    }
    const unitMs = fixedMs[unit];
    if (unitMs !== undefined) return { duration, ms: amount * unitMs, isRolling: true };
    return {
      fact: `a rolling window of ${duration} has no length of its own: months and years differ`,
      remedy: "give it in days, such as 30d, or align it with a calendar",
      at: ["duration"],
    };
  }
  const { startTime, timeZone } = calendar;
  const local = localMs(startTime);
  if (local === undefined) {
    return {
      fact: `startTime "${startTime}" is no date and time`,
      remedy: "write it like 2026-01-31 12:30:00, without a time zone",
      at: ["calendar", "startTime"],
    };
  }
  if (!isTimeZone(timeZone)) {
    return {
      fact: `there is no time zone "${timeZone}"`,
      remedy: "take a name of the IANA database, such as Europe/London or Etc/UTC",
      at: ["calendar", "timeZone"],
    };
  }
  const window: SloWindow = { duration, ms: 0, isRolling: false, startTime, timeZone };
  const { fromMs, toMs } = windowAt(window, instantOf(local, timeZone));
  return { ...window, ms: toMs - fromMs };
}

/**
 * The calendar window that an instant (ms since the epoch) falls into. Days, weeks, months, quarters and years are those of
 * the window's time zone, and differ in length; a month that begins on a 31st begins on the last day of shorter ones.
 */
export function windowAt(window: SloWindow, atMs: number): { fromMs: number; toMs: number } {
  const { startTime = "", timeZone = "Etc/UTC", duration } = window;
  const start = localMs(startTime) ?? 0;
  const { amount, unit } = partsOf(duration);
  const edge = (nth: number): number => {
    if (unit in months) return instantOf(addMonths(start, nth * amount * months[unit]!), timeZone);
    if (unit === "d" || unit === "w") return instantOf(start + nth * amount * fixedMs[unit]!, timeZone);
    return instantOf(start, timeZone) + nth * amount * fixedMs[unit]!;
  };
  const aboutMs = amount * (fixedMs[unit] ?? months[unit]! * 30 * dayMs);
  let nth = Math.floor((atMs - edge(0)) / aboutMs);
  while (edge(nth) > atMs) nth--;
  while (edge(nth + 1) <= atMs) nth++;
  return { fromMs: edge(nth), toMs: edge(nth + 1) };
}

function partsOf(duration: string): { amount: number; unit: string } {
  return { amount: Number(duration.slice(0, -1)), unit: duration.slice(-1) };
}

/** A date and time without a zone, as if it were in UTC. */
function localMs(text: string): number | undefined {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.parse(`${day}T${time}Z`);
  // Date takes the 30th of February for the 2nd of March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(`${day}T${time}`) ? ms : undefined;
}

function addMonths(local: number, count: number): number {
  const date = new Date(local);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** The instant at which clocks of a zone show a time; one that they skip or show twice is read with the offset before the change. */
function instantOf(local: number, timeZone: string): number {
  const [before, after] = [-dayMs, dayMs].map((by) => local - offsetMs(local + by, timeZone));
  const shows = (at: number) => at + offsetMs(at, timeZone) === local;
  return shows(before!) || !shows(after!) ? before! : after!;
}

/** How far clocks of a zone are ahead of UTC. */
function offsetMs(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    ...{ timeZone, hourCycle: "h23", calendar: "iso8601", numberingSystem: "latn" },
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  }).formatToParts(atMs);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)!.value);
  const shown = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return shown - Math.floor(atMs / 1000) * 1000;
}
