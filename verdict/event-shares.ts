import type { DeliveryShare } from "./measure-spec.ts";
import { shareWords } from "./share-words.ts";

/** A share of events that objectives may be about: which of them it counts, and whether those are good ones. */
export interface EventShare {
  counts: "good" | "bad";
  /** How `ratioMetric` of an SLI names what is counted, and the rest where that has a name. */
  part: string;
  rest?: string;
  total: string;
}

const ofEveryRun: Readonly<Record<`delivery.${DeliveryShare}` | "clients.connectedRatio", EventShare>> = {
  "delivery.ratio": {
    counts: "good",
    part: "delivery.onTime",
    rest: "delivery.late + delivery.lost",
    total: "delivery.owed",
  },
  "delivery.notLateRatio": {
    counts: "good",
    part: "delivery.onTime + delivery.lost",
    rest: "delivery.late",
    total: "delivery.owed",
  },
  "delivery.notLostRatio": {
    counts: "good",
    part: "delivery.onTime + delivery.late",
    rest: "delivery.lost",
    total: "delivery.owed",
  },
  "delivery.lateRatio": { counts: "bad", part: "delivery.late", total: "delivery.owed" },
  "delivery.lostRatio": {
    counts: "bad",
    part: "delivery.lost",
    rest: "delivery.onTime + delivery.late",
    total: "delivery.owed",
  },
  "clients.connectedRatio": { counts: "good", part: "clients.connected", total: "clients.planned" },
};

/** `undefined`: the measure is no share of events. */
export function eventShareOf(measure: string): EventShare | undefined {
  return shares().find(([name]) => name === measure)?.[1];
}

/** Whether a text names something that can be counted: `delivery.late`, `delivery.late + delivery.lost`. */
export function isCount(query: string): boolean {
  return shares().some(([, { part, rest, total }]) =>
    [part, rest, total].some((name) => name !== undefined && normal(name) === normal(query)),
  );
}

/**
 * The measure that is the share of `good`, or of what is not `bad`, in `total`: an SLO is about what is good, however it counts.
 */
export function measureOfCounts({
  good,
  bad,
  total,
}: {
  good?: string;
  bad?: string;
  total: string;
}): string | undefined {
  const query = normal(good ?? bad ?? "");
  return shares().find(([, { counts, part, rest, total: all }]) => {
    const named = counts === "bad" ? undefined : good === undefined ? rest : part;
    return named !== undefined && normal(named) === query && normal(all) === normal(total);
  })?.[0];
}

/** For people who named one that is not there. */
export function validCounts(): string {
  const lines = shares().flatMap(([, { counts, part, rest, total }]) => [
    `${counts}: ${part} of total: ${total}`,
    ...(rest === undefined ? [] : [`${counts === "good" ? "bad" : "good"}: ${rest} of total: ${total}`]),
  ]);
  return `one of ${lines.join("; ")}`;
}

const shares = (): [string, EventShare][] => [
  ...Object.entries(ofEveryRun),
  ...Object.entries(shareWords).flatMap(([name, { events }]): [string, EventShare][] =>
    events ? [[name, events]] : [],
  ),
];

/** A sum is the same in any order. */
const normal = (query: string) =>
  query
    .split("+")
    .map((name) => name.trim())
    .sort()
    .join("+");
