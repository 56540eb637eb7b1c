import type { LatencySummary } from "../measurements/histograms.ts";
import type { SecondView } from "../measurements/seconds.ts";
import { isWithin } from "./allowed.ts";
import type { JudgedObjective } from "./contract.ts";
import { indicatorOf } from "./event-counts.ts";
import type { Evidence } from "./evidence.ts";
import { holds, specOf } from "./objectives.ts";
import { phasesOf } from "./phases.ts";

const secondFields: Readonly<Record<string, (second: SecondView) => LatencySummary | undefined>> = {
  connect: (second) => second.connect,
  first_event: (second) => second.firstEvent,
  event_age: (second) => second.eventAge,
  "event_age{class=goal}": (second) => second.goalAge,
  stale_odds_age: (second) => second.staleOddsAge,
  resume: (second) => second.resume,
};

/** The seconds in which an objective was missed in its phase; none for what no second shows. */
export function badSeconds(objective: JudgedObjective, evidence: Evidence): SecondView[] {
  const spec = specOf(objective);
  if (spec.kind === "share") return [];
  const { steadyState, stretches } = evidence;
  const phases = phasesOf(objective.phase);
  const seconds = [...evidence.seconds.entries()].filter(([, second]) =>
    phases.includes(stretches.of(second.phase, second).phase),
  );
  const { allowed } = objective;
  const { op, target } = askedOf(objective, evidence);
  if (spec.kind === "latency") {
    const summary = secondFields[spec.measure] ?? secondFields.event_age!;
    const isMissed = (ms: number) => !(allowed ? isWithin(ms, allowed, op) : holds(ms, op, target));
    return seconds.flatMap(([, second]) => {
      const slowest = walked(second, spec.measure) ?? summary(second)?.maxMs;
      return slowest !== undefined && isMissed(slowest) ? [second] : [];
    });
  }
  return seconds.flatMap(([position, second]) => (steadyState.signs(position).length > 0 ? [second] : []));
}

/** Of a measure of journeys, with its labels or over all of them. */
function walked({ ofJourneys }: SecondView, measure: string): number | undefined {
  const of = Object.entries(ofJourneys).filter(
    ([name]) => name === measure || name.startsWith(`${measure}{`),
  );
  return of.length === 0 ? undefined : Math.max(...of.map(([, { maxMs }]) => maxMs));
}

/** Of its measure itself: a row about slices has their share for its target. */
function askedOf(row: JudgedObjective, { plan }: Evidence): Pick<JudgedObjective, "op" | "target"> {
  const objective = plan.budget.objectives.find(({ id }) => id === row.id);
  return objective?.slo?.sliceMs === undefined || row.allowed ? row : indicatorOf(objective);
}
