import type { Budget } from "./contract.ts";
import type { Judgement } from "./sentence.ts";

type Judged = Pick<Judgement, "objectives" | "invariants" | "faults">;

/**
 * Share of the weight that held, 0 to 100, cut so that 100 means all of it. An objective weighs once for each phase in which
 * it was exercised; an invariant and an expectation weigh 1. What was not exercised is left out, or weighs as failed where
 * the budget says so.
 */
export function scoreOf(budget: Budget, { objectives, invariants, faults }: Judged): number {
  const weights = new Map(budget.objectives.map(({ id, weight }) => [id, weight]));
  const parts = [
    ...objectives.map(({ id, ok }) => ({ ok, weight: weights.get(id)! })),
    ...invariants.map(({ ok }) => ({ ok, weight: 1 })),
    ...faults.flatMap(({ expectations }) => expectations.map(({ ok }) => ({ ok, weight: 1 }))),
  ].filter(({ ok }) => ok !== null || budget.untested === "fail");
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const held = parts.reduce((sum, { ok, weight }) => sum + (ok ? weight : 0), 0);
  return total === 0 ? 0 : Math.floor((held / total) * 1000) / 10;
}
