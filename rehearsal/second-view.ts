import type { PartFigures } from "../common/records.ts";
import { tryParseKey } from "../measurements/keys.ts";
import type { SecondView as CrowdSecond } from "../measurements/seconds.ts";
import type { Plan } from "../verdict/plan.ts";
import type { JourneysView, SecondView } from "./progress.ts";

interface Around {
  plan: Plan;
  /** The newest figures of the stack. */
  parts: readonly Omit<PartFigures, "atMs">[];
  faults: Iterable<string>;
}

/** What a person is shown of a second. */
export function secondViewOf(second: CrowdSecond, { plan, parts, faults }: Around): SecondView {
  return {
    atMs: second.toMs,
    leftMs: Math.max(0, plan.durationMs - second.toMs),
    phase: second.phase,
    planned: second.planned,
    open: second.open,
    eventAgeP50Ms: second.eventAge?.p50Ms,
    eventAgeP99Ms: second.eventAge?.p99Ms,
    staleOddsP99Ms: second.staleOddsAge?.p99Ms,
    ...(plan.crowd.journeys ? { journeys: journeysOf(second, parts) } : {}),
    faults: [...faults],
  };
}

function journeysOf({ counters, underWay, ofJourneys }: CrowdSecond, parts: Around["parts"]): JourneysView {
  const admission = parts.find(({ gauges }) => gauges?.queue_depth !== undefined)?.gauges;
  const steps = Object.entries(ofJourneys).flatMap(([measure, { p99Ms }]) => {
    const { name, labels } = tryParseKey(measure) ?? {};
    return name === "request" && labels?.step !== undefined ? [{ name: labels.step, p99Ms }] : [];
  });
  return {
    came: counters.connected,
    waiting: admission?.queue_depth,
    admitted: admission?.admitted_total,
    completed: counters.journeysCompleted,
    rejected: counters.journeysRejected,
    abandoned: counters.journeysAbandoned,
    failed: counters.journeysFailed,
    underWay,
    positionAgeP99Ms: ofJourneys.position_age?.p99Ms,
    slowestStep: steps.toSorted((a, b) => b.p99Ms - a.p99Ms)[0],
  };
}
