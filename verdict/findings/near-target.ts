import type { JudgedObjective } from "../contract.ts";
import { formatRatio, formatTarget, formatValue } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Closer than this, the next run may fail by chance. */
const nearShare = 0.8;

/** Objectives that hold with little to spare. */
export const nearTarget: Finder = ({ objectives, evidence }) =>
  objectives
    .filter((objective) => objective.ok === true && objective.target > 0)
    .flatMap((objective) => {
      const used = usedOf(objective);
      if (used === null || used < nearShare) return [];
      const phase = evidence.plan.phases.find(({ name }) => name === objective.phase);
      return [
        {
          severity: "low" as const,
          title: `${objective.title} is near its target`,
          evidence: `${formatValue(objective.observed!, objective.unit)} against ${formatTarget(objective)}: ${formatRatio(Math.min(1, used))} of what is allowed`,
          when: phase ? { fromMs: phase.fromMs, toMs: phase.toMs } : null,
          remedy: "It holds, with little to spare: repeat the run to see its spread before relying on it.",
        },
      ];
    });

function usedOf({ unit, op, observed, target, errorBudgetUsed }: JudgedObjective): number | null {
  if (observed === null) return null;
  if (unit === "ms") return op === "lt" || op === "lte" ? observed / target : null;
  return errorBudgetUsed;
}
