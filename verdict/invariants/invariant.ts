import type { JudgedInvariant, Violation } from "../contract.ts";
import type { Evidence } from "../evidence.ts";

/** What must never be otherwise: no share of it is allowed, so it is no SLO. One file each. */
export interface Invariant {
  id: string;
  title: string;
  /** Files (`audit.jsonl`; `crowd` for all of the generators') that must be whole: what is not in them would look like a violation. */
  needs: readonly string[];
  check(evidence: Evidence): Check;
}

export interface Check {
  /** How many things were looked at; 0 means that nothing was exercised. */
  checked: number;
  violations: Violation[];
  /** Whether a machine short of CPU could have brought the violations about, by delay alone. */
  delayCouldExplain: boolean;
}

/** More of the same kind are summed up in one line: a report of 200,000 violations helps nobody. */
export const mostViolations = 20;

/** Looks where there is all to be looked at; else nothing was exercised. */
export function checkInvariant(invariant: Invariant, evidence: Evidence): Check {
  const { damage = [] } = evidence.record;
  const lacks = damage.some(({ file }) =>
    invariant.needs.some((name) => file === name || (name === "crowd" && file.startsWith("crowd-"))),
  );
  return lacks ? { checked: 0, violations: [], delayCouldExplain: false } : invariant.check(evidence);
}

export function judgeInvariant({ id, title }: Invariant, { checked, violations }: Check): JudgedInvariant {
  return { id, title, ok: violations.length > 0 ? false : checked === 0 ? null : true, checked, violations };
}

/** The first of many violations, and how many more there are. */
export function summedUp(violations: readonly Violation[]): Violation[] {
  const more = violations.length - mostViolations;
  if (more <= 0) return [...violations];
  return [...violations.slice(0, mostViolations), { what: `${more.toLocaleString("en")} more of the same` }];
}
