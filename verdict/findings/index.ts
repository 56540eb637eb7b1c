import type { Finding } from "../contract.ts";
import { acceptQueues } from "./accept-queues.ts";
import { admissionPace } from "./admission-pace.ts";
import { ageUnderFault } from "./age-under-fault.ts";
import { bots } from "./bots.ts";
import { connects } from "./connects.ts";
import { disorder } from "./disorder.ts";
import { edgeLoad } from "./edges.ts";
import { failedJourneys } from "./failed-journeys.ts";
import type { Finder, FindingContext } from "./finding.ts";
import { instrument } from "./instrument.ts";
import { lostEvents } from "./lost-events.ts";
import { nearTarget } from "./near-target.ts";
import { partsDown } from "./parts-down.ts";
import { recovery } from "./recovery.ts";
import { rehoming } from "./rehoming.ts";
import { seatConflicts } from "./seat-conflicts.ts";
import { slowestStep } from "./slowest-step.ts";
import { stalePositions } from "./stale-positions.ts";
import { unfinishedSale } from "./unfinished-sale.ts";
import { unpaidHolds } from "./unpaid-holds.ts";

const finders: readonly Finder[] = [
  failedJourneys,
  lostEvents,
  disorder,
  partsDown,
  recovery,
  connects,
  acceptQueues,
  ageUnderFault,
  edgeLoad,
  rehoming,
  unfinishedSale,
  admissionPace,
  seatConflicts,
  unpaidHolds,
  stalePositions,
  bots,
  slowestStep,
  nearTarget,
  instrument,
];

const severities: readonly Finding["severity"][] = ["high", "medium", "low"];

/** Every weakness that the record shows, the gravest first. */
export function findingsOf(context: FindingContext): Finding[] {
  const found = finders.flatMap((find) => find(context));
  return found.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}
