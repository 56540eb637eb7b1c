import type { LatencySummary } from "../measurements/histograms.ts";
import { phaseNames } from "../measurements/keys.ts";
import type { SecondView } from "../measurements/seconds.ts";
import type { JudgedFault, JudgedInvariant, JudgedObjective } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import type { Check } from "./invariants/invariant.ts";
import { holds, specOf } from "./objectives.ts";
import { phasesOf } from "./phases.ts";
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
  return { explained: starvation.explains(badSeconds(objective, evidence)) };
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

const secondFields: Readonly<Record<string, (second: SecondView) => LatencySummary | undefined>> = {
  connect: (second) => second.connect,
  first_event: (second) => second.firstEvent,
  event_age: (second) => second.eventAge,
  "event_age{class=goal}": (second) => second.goalAge,
  stale_odds_age: (second) => second.staleOddsAge,
  resume: (second) => second.resume,
};

/** The seconds in which an objective was missed; none for what delay cannot bring about. */
function badSeconds(objective: JudgedObjective, evidence: Evidence): SecondView[] {
  const { seconds, steadyState } = evidence;
  const spec = specOf(objective);
  const phases = phasesOf(
    (["all", "steady", ...phaseNames] as const).find((name) => name === objective.phase) ?? "all",
  );
  const inPhase = (second: SecondView) => phases.includes(second.phase);
  if (spec.kind === "latency") {
    const summary = secondFields[spec.measure] ?? secondFields.event_age!;
    return seconds.filter((second) => {
      const slowest = (second.ofJourneys[spec.measure] ?? summary(second))?.maxMs;
      return inPhase(second) && slowest !== undefined && !holds(slowest, objective.op, objective.target);
    });
  }
  if (spec.kind === "share") return [];
  if (spec.kind === "delivery" && !["ratio", "late", "lost"].includes(spec.field)) return [];
  return seconds.filter((second, position) => inPhase(second) && steadyState.signs(position).length > 0);
}
