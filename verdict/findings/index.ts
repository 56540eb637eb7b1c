import type { Finding } from "../contract.ts";
import { acceptQueues } from "./accept-queues.ts";
import { ageUnderFault } from "./age-under-fault.ts";
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
import { slowestStep } from "./slowest-step.ts";

/** Of every system: they come before its own, */
const before: readonly Finder[] = [
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
];
/** and after them. */
const after: readonly Finder[] = [slowestStep, nearTarget, instrument];

const severities: readonly Finding["severity"][] = ["high", "medium", "low"];

/** Every weakness that the record shows, the gravest first. */
export function findingsOf(context: FindingContext): Finding[] {
  const found = [...before, ...context.evidence.system.findings, ...after].flatMap((find) => find(context));
  return found.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}
