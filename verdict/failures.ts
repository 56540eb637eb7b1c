import { badSeconds } from "./bad-seconds.ts";
import type { JudgedFault, JudgedInvariant, JudgedObjective } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import type { Check } from "./invariants/invariant.ts";
import { isDeliveryShare } from "./measure-spec.ts";
import { specOf } from "./objectives.ts";
import type { Starvation } from "./starvation.ts";

/** Something that did not hold. */
export interface Failure {
  /** Whether a machine short of CPU explains it: then it is no proof against the stack. */
  explained: boolean;
}

export function objectiveFailure(
  objective: JudgedObjective,
  evidence: Evidence,
  starvation: Starvation,
): Failure | undefined {
  if (objective.ok !== false) return undefined;
  return {
    explained: delayCouldMiss(objective) && starvation.explains(badSeconds(objective, evidence)),
  };
}

export function invariantFailure(
  judged: JudgedInvariant,
  { delayCouldExplain }: Check,
  { seconds }: Evidence,
  starvation: Starvation,
): Failure | undefined {
  if (judged.ok !== false) return undefined;
  return { explained: delayCouldExplain && starvation.explains(seconds.slice(-3)) };
}

/** What an experiment expects is its hypothesis: where it does not hold, the rehearsal has failed. */
export function expectationFailure(
  fault: JudgedFault,
  { seconds, steadyState }: Evidence,
  starvation: Starvation,
): Failure | undefined {
  if (!fault.expectations.some(({ ok }) => ok === false)) return undefined;
  const bad = seconds.filter(
    (second, position) => second.toMs > fault.fromMs && steadyState.signs(position).length > 0,
  );
  return { explained: starvation.explains(bad) };
}

/** Delay brings about what is late, and what had not come by the end; nothing that came twice, or to the wrong client. */
function delayCouldMiss(objective: JudgedObjective): boolean {
  const spec = specOf(objective);
  return spec.kind !== "delivery" || isDeliveryShare(spec.field) || ["late", "lost"].includes(spec.field);
}
