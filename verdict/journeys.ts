import type { Journey, JourneyEnd } from "../common/journey.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import type { JourneyEndCount, JourneySummary } from "./contract.ts";
import type { Evidence } from "./evidence.ts";

/** How journeys ended, over all generators, the most frequent first. */
export function journeyEnds({ generators }: Pick<RunRecord, "generators">): JourneyEndCount[] {
  const counts = new Map<string, JourneyEndCount>();
  for (const { final } of generators) {
    for (const [journey, ends] of Object.entries(final?.journeys ?? {})) {
      for (const [how, clients] of Object.entries(ends)) {
        const [, end, cause = ""] = /^(\w+)(?:: (.*))?$/s.exec(how) ?? [];
        const known = counts.get(`${journey} ${how}`);
        if (known) known.clients += clients;
        else counts.set(`${journey} ${how}`, { journey, end: end as JourneyEnd, cause, clients });
      }
    }
  }
  return [...counts.values()].sort(
    (a, b) => b.clients - a.clients || a.journey.localeCompare(b.journey) || a.cause.localeCompare(b.cause),
  );
}

/** @returns `undefined` for a crowd that walks no journeys */
export function journeysOf({ plan, record, system, own, measures }: Evidence): JourneySummary | undefined {
  const { journeys } = plan.crowd;
  if (!journeys) return undefined;
  return {
    funnel: [],
    ...(own === undefined ? undefined : system.funnel?.(own)),
    ends: journeyEnds(record),
    steps: stepMeasures(journeys).filter((measure) => measures.summary(measure) !== undefined),
  };
}

/** In the order in which they are walked. */
function stepMeasures(journeys: readonly Journey[]): string[] {
  const measures = journeys
    .flatMap(({ steps }) => steps)
    .flatMap(({ do: what, name }) => {
      if (what === "wait") return [`wait{step=${name}}`];
      return what === "request" || what === "stream" ? [`request{step=${name}}`] : [];
    });
  return [...new Set(measures)];
}
