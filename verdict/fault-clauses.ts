import { formatMs } from "../common/duration.ts";
import type { JudgedFault } from "./contract.ts";

/** `Redis was away for 10 s and edge-2 was down for 8 s` */
export function whileClause(faults: readonly Pick<JudgedFault, "band" | "fromMs" | "toMs">[]): string {
  const clauses = faults.map(
    ({ band, fromMs, toMs }) => `${bandAsClause(band)} for ${formatMs(wholeSeconds(toMs - fromMs))}`,
  );
  return joined(clauses);
}

export const joined = (clauses: readonly string[]) =>
  clauses.length < 2 ? clauses.join() : `${clauses.slice(0, -1).join(", ")} and ${clauses.at(-1)}`;

/** A band is a label, `Redis away`; where its end is how something can be, it reads as a sentence. */
export function bandAsClause(band: string): string {
  const [, what, state] =
    /^(.+?) (away|unreachable|down|crashed|gone|dead|slow|late|late by .+|without .+|paused|frozen|hung)$/.exec(
      band,
    ) ?? [];
  if (what === undefined) return `“${band}” lasted`;
  if (/^(Last|First|All|Payment provider)\b/.test(what)) return `the ${what.toLowerCase()} was ${state}`;
  return what === "Payments" ? `payments were ${state}` : `${what} was ${state}`;
}

/** The journal is exact to the millisecond; a fault of 10.02 s was one of 10 s. */
export const wholeSeconds = (ms: number) => (ms >= 1000 ? Math.round(ms / 100) * 100 : ms);
