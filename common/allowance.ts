import { parseDuration } from "./duration.ts";
import type { FaultAllowance } from "./experiment.ts";

/** How allowances are written: the words of an error's remedy. */
export const allowanceForms =
  '"event_age{class=goal}.p99: 12s", "delivery.ratio: 90%" or "delivery.late: 500" (each as one entry of the list)';

/** Of `for-at-most`: a run is recorded by the second, and what is allowed for less cannot be told from what is not. */
export const leastAllowedMs = 1000;

export type AllowanceEntry = FaultAllowance["measures"][number];

/**
 * Reads one entry of `allow`: a measure as objectives name it, and what it may come to instead: a duration, a percentage, or
 * a count.
 * @returns the entry, its target in ms, as a share or as a count, and which of them was written; or what is wrong with it.
 */
export function readAllowance(entry: unknown): AllowanceEntry | { fact: string } {
  const pairs =
    typeof entry === "object" && entry !== null && !Array.isArray(entry) ? Object.entries(entry) : [];
  const [pair] = pairs;
  if (pair === undefined || pairs.length > 1) {
    return {
      fact: `${JSON.stringify(entry) ?? "nothing"} allows nothing: one entry is one measure and its value`,
    };
  }
  // `event_age{ class=goal }` is the same measure.
  const measure = pair[0].replace(/\s+/g, "");
  const value: unknown = pair[1];
  const read = readTarget(value);
  return read
    ? { measure, ...read }
    : { fact: `${measure}: ${JSON.stringify(value) ?? "nothing"} is no duration, percentage or count` };
}

function readTarget(value: unknown): Pick<AllowanceEntry, "target" | "unit"> | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) && value >= 0 ? { target: value, unit: "count" } : undefined;
  }
  if (typeof value !== "string") return undefined;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(value)?.[1];
  if (percent !== undefined) {
    return Number(percent) <= 100 ? { target: Number(percent) / 100, unit: "ratio" } : undefined;
  }
  const target = parseDuration(value);
  return target === undefined ? undefined : { target, unit: "ms" };
}
