import { formatMs } from "../common/duration.ts";
import type { Objective } from "./contract.ts";

/** `2,000`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** `99.995 %`: two digits of what is missing to 100 %, cut and not rounded, so that it never reads as more than it is. */
export function formatRatio(ratio: number): string {
  if (ratio >= 1 || ratio <= 0) return `${Math.round(ratio * 100)} %`;
  const missingPercent = (1 - ratio) * 100;
  const digits = Math.min(6, Math.max(1, Math.ceil(-Math.log10(missingPercent)) + 1));
  const scale = 10 ** digits;
  // The small part added back is what binary fractions take away: 0.9999 * 1e4 is 9998.999….
  return `${Math.floor(ratio * 100 * scale + 1e-6) / scale} %`;
}

export function formatValue(value: number, unit: Objective["unit"]): string {
  if (unit === "ms") return formatMs(value);
  return unit === "ratio" ? formatRatio(value) : formatCount(value);
}

const signs = { lt: "<", lte: "≤", gt: ">", gte: "≥", eq: "=" } as const;

/** `< 2 s`. */
export function formatTarget({ op, target, unit }: Pick<Objective, "op" | "target" | "unit">): string {
  return `${signs[op]} ${formatValue(target, unit)}`;
}

/** `1 client`, `2 clients`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}
