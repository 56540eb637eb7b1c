import type { Phase } from "../../common/match-day.ts";
import type { PaymentBehaviour, PresaleScript } from "../../common/presale.ts";
import { arriveMs, laptopClients } from "../shape/arrivals.ts";
import { phasesOf } from "../shape/phases.ts";
import type { ScenarioParams } from "../vocabulary.ts";
import { seatsOf, venueOf } from "./venue.ts";

/** One seat for four who come: most of them go home without. */
const buyersPerSeat = 4;
/** What a buyer wants, side by side. */
export const ticketsPerOrder = 2;
/** What a buyer may have. */
export const purchaseLimit = 4;
/** Who changes their mind before paying, and whose card is refused. */
export const changeOfMindShare = 0.05;
const declineShare = 0.02;

/** Real holds last 8 to 15 minutes; here a payment that takes its time has to outlast one within the run. */
export const holdMs = 12_000;

/**
 * A whole journey takes some 5 ms of one core, generator and stack together; half of the machine is left to the queue,
 * which tells everybody where they stand.
 */
const admissionsPerCoreSecond = 100;

/** The controller begins below its most, and goes down far before it stops. */
const startOfMost = 0.6;
const leastOfMost = 0.1;

export const seatsFor = (clients: number) => seatsOf(venueOf(clients / buyersPerSeat));

/** Who has to be let in until all is sold: some leave without buying, and their seats are sold again. */
function admissionsFor(clients: number): number {
  return Math.ceil(seatsFor(clients) / ticketsPerOrder / (1 - changeOfMindShare - declineShare));
}

const mostPerSecond = (cores: number) => admissionsPerCoreSecond * cores;

/**
 * Who leaves a hold behind at the end leaves it to the next, who may do the same: at 5 % each the last seats are sold after three
 * at the most.
 */
const tailMs = 3 * holdMs;

/**
 * A small crowd is let in as it comes. From a large one nobody is before all are in the queue: a machine that plays both sides of
 * 200,000 arrivals in half a minute has no room to sell meanwhile, and many a waiting room opens well before its sale.
 */
const admissionFromMs = (clients: number) => (clients > laptopClients ? arriveMs(clients) : 0);

/** The fault comes early into the sale, so that there is time for the rest of it. */
const baselineShare = 0.15;

export const salePhases = (params: ScenarioParams) => phasesOf(params, baselineShare);

/**
 * The least time that holds a sale. The machine has to sell everything at the controller's usual pace, beside a fault that
 * stops all sales. And a sale that is on when the fault begins, at the controller's most (`mostOf`), has to be over
 * before the end at half of that: by the shares of the phases that takes 66 s, and two and a half times the arrival.
 */
export function leastSaleMs({
  clients,
  cores,
  faultMs,
}: Omit<ScenarioParams, "durationMs" | "seed">): number {
  const pace = mostPerSecond(cores) * startOfMost;
  const sellingMs = Math.ceil((admissionsFor(clients) / pace) * 1000) + tailMs;
  return faultMs + Math.max(admissionFromMs(clients) + sellingMs, 2.5 * arriveMs(clients) + 66_000);
}

/** At its most the controller has seats left until shortly after the fault has begun; without one, for a quarter of the run. */
function mostOf(phases: Phase[], { clients, cores, faultMs }: ScenarioParams): number {
  const fault = phases.find(({ name }) => name === "fault");
  const soldOutAtMs = fault ? fault.fromMs + Math.min(faultMs, 10_000) / 2 : phases.at(-1)!.toMs / 4;
  const sellingMs = soldOutAtMs - admissionFromMs(clients);
  return Math.min(mostPerSecond(cores), admissionsFor(clients) / (sellingMs / 1000));
}

/** One tenth of a buyer a second is precise enough. */
const rounded = (perSecond: number) => Math.max(0.1, Math.round(perSecond * 10) / 10);

export function presaleScript(event: string, phases: Phase[], params: ScenarioParams): PresaleScript {
  const most = mostOf(phases, params);
  return {
    event,
    venue: venueOf(params.clients / buyersPerSeat),
    purchaseLimit,
    holdMs,
    admissionMs: 60_000,
    admission: {
      fromMs: admissionFromMs(params.clients),
      startPerSecond: rounded(most * startOfMost),
      minPerSecond: rounded(most * leastOfMost),
      maxPerSecond: rounded(most),
      targetConflictRate: 0.1,
    },
    fingerprintLimit: 10,
    seed: params.seed,
  };
}

/** A provider on a good day. */
export const usualPayments: PaymentBehaviour = {
  latencyMs: 80,
  jitterMs: 40,
  declineShare,
  outage: "none",
};
