import { achievement, quietAchievement } from "./achievement.ts";
import { badSeconds } from "./bad-seconds.ts";
import { blamed } from "./blame.ts";
import type { JudgedFault, JudgedInvariant, JudgedObjective, Outcome } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import { faultSentence } from "./excuses.ts";
import { bandAsClause, joined } from "./fault-clauses.ts";
import type { Reason } from "./trust.ts";
import { allowedBy, countOf, formatAllowed, formatCount, formatTarget, formatValue } from "./words.ts";

/** What has been judged, before it is put into words. */
export interface Judgement {
  outcome: Outcome;
  reasons: readonly Reason[];
  objectives: readonly JudgedObjective[];
  invariants: readonly JudgedInvariant[];
  faults: readonly JudgedFault[];
  evidence: Evidence;
}

/** What the report begins with: one sentence, and one more for each set of faults that cost something. */
export function sentenceOf(judgement: Judgement): string {
  switch (judgement.outcome) {
    case "pass":
      return judgement.evidence.disturbances.length === 0
        ? `Passed: ${achievement(judgement)}.`
        : `Passed. ${quietAchievement(judgement)}. ${faultSentence(judgement)}`;
    case "fail":
      return `Failed: ${worstOf(judgement)}.`;
    case "unknown":
      return `Unknown: ${unknownBecause(judgement.reasons)}.`;
  }
}

/** What failed worst, with observed and target, and how much else failed. */
export function worstOf({
  objectives,
  invariants,
  faults,
  evidence,
}: Omit<Judgement, "outcome" | "reasons">): string {
  const failed = objectives
    .filter(({ ok }) => ok === false)
    .sort((a, b) => Number(b.key) - Number(a.key) || overshoot(b) - overshoot(a));
  const told = (objective: JudgedObjective) => {
    const { title, observed, unit, op, allowed } = objective;
    const limit = allowed
      ? `${allowedBy(allowed)} allowed ${formatAllowed(allowed.target, objective)}`
      : `its target is ${formatTarget(objective)}`;
    return `${title} was ${formatValue(observed!, unit, op)}, and ${limit}${whenMissed(objective, evidence)}`;
  };
  const never = (objective: JudgedObjective) => overshoot(objective) === Number.POSITIVE_INFINITY;
  const clauses = [
    // What must never be is worse than what was too slow, or too much.
    ...failed.filter(never).map(told),
    ...invariants
      .filter(({ ok }) => ok === false)
      .map(({ id, violations }) => `${violations[0]!.what} (${id})`),
    ...failed.filter((objective) => !never(objective)).map(told),
    ...faults.flatMap((fault) =>
      fault.expectations
        .filter(({ ok }) => ok === false)
        .map(({ id, observed }) => `${fault.id} did not keep to ${id}: ${observed}`),
    ),
  ];
  const more = clauses.length - 1;
  return `${clauses[0]}${more > 0 ? `; ${formatCount(more)} more failed` : ""}`;
}

/** ` (baseline)`, or ` (while Redis was away)`: of the faults that it is laid to. */
function whenMissed(objective: JudgedObjective, evidence: Evidence): string {
  if (objective.phase === "all") return "";
  if (objective.phase !== "fault") return ` (${objective.phase})`;
  const faults = blamed(badSeconds(objective, evidence), evidence.disturbances);
  return faults.length === 0
    ? " (fault)"
    : ` (while ${joined(faults.map(({ band }) => bandAsClause(band)))})`;
}

/** How far beyond its target, or what is allowed instead: 1 is on it. A target that allows nothing is beyond all measure once it is missed. */
function overshoot({ observed, allowed, op, unit, ...objective }: JudgedObjective): number {
  if (observed === null) return 0;
  const target = allowed?.target ?? objective.target;
  if (op === "gt" || op === "gte") {
    return unit === "ratio" ? (1 - observed) / Math.max(1e-9, 1 - target) : target / Math.max(1e-9, observed);
  }
  return target === 0 ? Number.POSITIVE_INFINITY : observed / target;
}

function unknownBecause(reasons: readonly Reason[]): string {
  const [first, ...others] = reasons;
  if (!first) return "nothing was judged";
  const more = others.length > 0 ? ` (and ${countOf(others.length, "more reason")})` : "";
  return `${first.fact}${more}. To cure it: ${first.cure}`;
}
