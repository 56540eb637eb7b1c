import type { JourneySummary } from "../../contract.ts";
import type { Presale } from "./presale.ts";
import { isBot } from "./steps.ts";
import type { Told } from "./told.ts";

/** How far clients of a presale came; each stage has those of the stages behind it. */
const stages: { id: JourneySummary["funnel"][number]["stage"]; reached(told: Told): boolean }[] = [
  { id: "arrived", reached: () => true },
  { id: "joined", reached: ({ ordinals }) => ordinals.length > 0 },
  { id: "admitted", reached: ({ admitted }) => admitted },
  { id: "held", reached: ({ holds }) => holds > 0 },
  { id: "asked to pay", reached: ({ bookingsAsked }) => bookingsAsked > 0 },
  { id: "booked", reached: ({ confirmed }) => confirmed.length > 0 },
];

export function funnelOf(sale: Presale): Pick<JourneySummary, "funnel" | "seats"> {
  const clients = [...sale.told.values()];
  return { funnel: clients.length === 0 ? [] : stagesOf(clients), seats: seatsOf(sale) };
}

const stagesOf = (clients: readonly Told[]) =>
  stages.map(({ id, reached }) => {
    const here = clients.filter(reached);
    const bots = here.filter(({ journey }) => isBot(journey)).length;
    return { stage: id, buyers: here.length - bots, bots };
  });

function seatsOf({ books }: Presale): NonNullable<JourneySummary["seats"]> {
  const states = { sold: 0, held: 0, indeterminate: 0 };
  for (const { state } of books.seats.values()) states[state]++;
  return {
    all: books.sections.reduce((sum, { seats }) => sum + seats, 0),
    free: books.sections.reduce((sum, { free }) => sum + free, 0),
    ...states,
  };
}
