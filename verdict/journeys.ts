import type { Journey, JourneyEnd } from "../common/journey.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import type { JourneyEndCount, JourneySummary } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import { isBot } from "./presale/steps.ts";
import type { Told } from "./presale/told.ts";

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

/** How far clients of a presale came; each stage has those of the stages behind it. */
const stages: { id: JourneySummary["funnel"][number]["stage"]; reached(told: Told): boolean }[] = [
  { id: "arrived", reached: () => true },
  { id: "joined", reached: ({ ordinals }) => ordinals.length > 0 },
  { id: "admitted", reached: ({ admitted }) => admitted },
  { id: "held", reached: ({ holds }) => holds > 0 },
  { id: "asked to pay", reached: ({ bookingsAsked }) => bookingsAsked > 0 },
  { id: "booked", reached: ({ confirmed }) => confirmed.length > 0 },
];

/** @returns `undefined` for a crowd that walks no journeys */
export function journeysOf({ plan, record, presale, measures }: Evidence): JourneySummary | undefined {
  const { journeys } = plan.crowd;
  if (!journeys) return undefined;
  const clients = [...(presale?.told.values() ?? [])];
  return {
    funnel: clients.length === 0 ? [] : funnelOf(clients),
    ends: journeyEnds(record),
    steps: stepMeasures(journeys).filter((measure) => measures.summary(measure) !== undefined),
    ...(presale ? { seats: seatsOf(presale) } : {}),
  };
}

const funnelOf = (clients: readonly Told[]) =>
  stages.map(({ id, reached }) => {
    const here = clients.filter(reached);
    const bots = here.filter(({ journey }) => isBot(journey)).length;
    return { stage: id, buyers: here.length - bots, bots };
  });

function seatsOf({ books }: NonNullable<Evidence["presale"]>): NonNullable<JourneySummary["seats"]> {
  const states = { sold: 0, held: 0, indeterminate: 0 };
  for (const { state } of books.seats.values()) states[state]++;
  return {
    all: books.sections.reduce((sum, { seats }) => sum + seats, 0),
    free: books.sections.reduce((sum, { free }) => sum + free, 0),
    ...states,
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
