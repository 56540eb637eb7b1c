import { formatMs } from "../common/duration.ts";
import type { ErrorBudget, Objective } from "./contract.ts";

/** `2,000`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/**
 * `99.995 %`, `0.0021 %`: two digits of what is missing to 100 %, or of a small share. Never better than it is: a share of what
 * is good is cut, and one of what is bad is rounded up.
 */
export function formatRatio(ratio: number, of: "good" | "bad" = "good"): string {
  if (ratio >= 1 || ratio <= 0) return `${Math.round(ratio * 100)} %`;
  const smallerPercent = Math.min(ratio, 1 - ratio) * 100;
  const digits = Math.min(6, Math.max(1, Math.ceil(-Math.log10(smallerPercent)) + 1));
  const scale = 10 ** digits;
  // The small part is what binary fractions take away: 0.9999 * 1e4 is 9998.999….
  const scaled = ratio * 100 * scale;
  return `${(of === "bad" ? Math.ceil(scaled - 1e-6) : Math.floor(scaled + 1e-6)) / scale} %`;
}

/** @param op what the value is held to: at most so much is said of what is bad */
export function formatValue(value: number, unit: Objective["unit"], op?: Objective["op"]): string {
  if (unit === "ms") return formatMs(value);
  return unit === "ratio"
    ? formatRatio(value, op === "lt" || op === "lte" ? "bad" : "good")
    : formatCount(value);
}

/** What is allowed instead of a target: `12 s`, `as little as 0 %`. */
export function formatAllowed(target: number, { unit, op }: Pick<Objective, "unit" | "op">): string {
  const isLeast = op === "gt" || op === "gte";
  return `${isLeast ? "as little as " : ""}${formatValue(target, unit, op)}`;
}

/** `redis-down is`, `redis-down and edge-crash are`. */
export const allowedBy = ({ by }: { by: readonly string[] }) =>
  `${by.join(" and ")} ${by.length === 1 ? "is" : "are"}`;

const signs = { lt: "<", lte: "≤", gt: ">", gte: "≥", eq: "=" } as const;

/** `< 2 s`. */
export function formatTarget({ op, target, unit }: Pick<Objective, "op" | "target" | "unit">): string {
  return `${signs[op]} ${formatValue(target, unit, op)}`;
}

/** `1 client`, `2 clients`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

const windowUnits: Readonly<Record<string, [one: string, several: string]>> = {
  m: ["a minute", "minutes"],
  h: ["an hour", "hours"],
  d: ["a day", "days"],
  w: ["a week", "weeks"],
  M: ["a month", "months"],
  Q: ["a quarter", "quarters"],
  Y: ["a year", "years"],
};

/** `25.8 times what an hour at 99.99 % allows`, `0.36 % of 30 days at 99.9 %`; `undefined` where no window is named. */
export function formatBudgetUsed({ used, window, target }: ErrorBudget): string | undefined {
  if (used === null || window === null) return undefined;
  const amount = Number(window.slice(0, -1));
  const [one, several] = windowUnits[window.slice(-1)]!;
  const at = `${amount === 1 ? one : `${amount} ${several}`} at ${formatRatio(target)}`;
  if (used < 1) return `${Number((used * 100).toPrecision(2))} % of ${at}`;
  return `${formatFactor(used)} times what ${at} ${amount === 1 ? "allows" : "allow"}`;
}

/**
 * `11 such faults a month`, `one such fault in 2.5 months`; `undefined` where nothing was bad.
 * @param what the run was: a run, or the one fault in it
 */
export function formatAffordable({ affordablePerMonth }: ErrorBudget, what = "run"): string | undefined {
  if (affordablePerMonth === null) return undefined;
  return affordablePerMonth >= 1
    ? `${countOf(Math.floor(affordablePerMonth), `such ${what}`)} a month`
    : `one such ${what} in ${formatFactor(1 / affordablePerMonth)} months`;
}

const formatFactor = (factor: number) =>
  factor >= 1000 ? formatCount(factor) : String(Number(factor.toPrecision(3)));
