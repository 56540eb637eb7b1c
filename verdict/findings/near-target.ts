import type { JudgedObjective } from "../contract.ts";
import { allowedBy, formatRatio, formatTarget, formatValue } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Closer than this, the next run may fail by chance. */
const nearShare = 0.8;

/** Objectives that hold with little to spare, each in the phase in which it has least. */
export const nearTarget: Finder = ({ objectives, evidence }) => {
  const near = objectives
    .filter(({ ok }) => ok === true)
    .map((objective) => ({ objective, used: usedOf(objective) ?? 0 }))
    .filter(({ used }) => used >= nearShare)
    .sort((a, b) => b.used - a.used);
  return [...Map.groupBy(near, ({ objective }) => objective.id).values()].map(([nearest]) => {
    const { objective, used } = nearest!;
    const { title, observed, unit, op, allowed, phase } = objective;
    const limit = allowed
      ? `the ${formatValue(allowed.target, unit, op)} that ${allowedBy(allowed)} allowed`
      : formatTarget(objective);
    const planned = evidence.plan.phases.find(({ name }) => name === phase);
    return {
      severity: "low" as const,
      title: allowed ? `${title} is near what is allowed` : `${title} is near its target`,
      evidence: `${formatValue(observed!, unit, op)} against ${limit}: ${formatRatio(Math.min(1, used))} of what is allowed`,
      when: planned ? { fromMs: planned.fromMs, toMs: planned.toMs } : null,
      remedy: "It holds, with little to spare: repeat the run to see its spread before relying on it.",
    };
  });
};

/** Of a target or an allowance; nothing where there is none to speak of. */
function usedOf({ unit, op, observed, target, allowed, burn }: JudgedObjective): number | null {
  const limit = allowed?.target ?? target;
  if (observed === null || limit === 0) return null;
  const upper = op === "lt" || op === "lte";
  if (unit === "ms") return upper ? observed / limit : null;
  if (!allowed) return unit === "ratio" ? burn : observed / limit;
  return upper ? observed / limit : (1 - observed) / (1 - limit);
}
