import type { Phase } from "../../common/match-day.ts";
import type { PaymentBehaviour, PresaleScript } from "../../common/presale.ts";
import { arriveMs } from "../shape/arrivals.ts";
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

/** Who left a hold behind left it in the last second; then it is sold again, and may be left once more. */
const tailMs = 2 * holdMs;

/**
 * The least time that holds a sale. The machine has to sell everything at the controller's usual pace, beside a fault that
 * stops all sales. And a sale that is still on when the fault begins, however fast it goes, has to be over before
 * the end, however slowly: by the shares of `phasesOf` that takes some 60 s and three times the arrival.
 */
export function leastSaleMs({
  clients,
  cores,
  faultMs,
}: Omit<ScenarioParams, "durationMs" | "seed">): number {
  const pace = mostPerSecond(cores) * startOfMost;
  const sellingMs = Math.ceil((admissionsFor(clients) / pace) * 1000) + tailMs;
  return faultMs + Math.max(sellingMs, 3 * arriveMs(clients) + 60_000);
}

/** At its most the controller has seats left until shortly after the fault has begun; without one, for two fifths of the run. */
function mostOf(phases: Phase[], { clients, cores, faultMs }: ScenarioParams): number {
  const fault = phases.find(({ name }) => name === "fault");
  const soldOutAtMs = fault ? fault.fromMs + Math.min(faultMs, 10_000) / 2 : phases.at(-1)!.toMs * 0.4;
  return Math.min(mostPerSecond(cores), admissionsFor(clients) / (soldOutAtMs / 1000));
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
