/** A made-up presale for tests: healthy in every count, until a test breaks what it is about. */
import type { AuditEntry } from "../../common/presale.ts";
import type { RunRecord } from "../../measurements/run-record.ts";
import type { Plan } from "../plan.ts";
import type { Audited } from "../systems/box-office/books.ts";
import { journeys, presaleStory, script } from "./presale-story.ts";
import { addSamples, count, healthyRun, objective, removeSamples, startAtUs } from "./record.ts";

export type PresaleRun = { plan: Plan; record: RunRecord & { audit: AuditEntry[] } };

export const presaleInvariants = [
  "no-seat-sold-twice",
  "no-seat-lost",
  "paid-booking-recorded-once",
  "no-payment-without-seat",
  "no-lost-place",
  "admission-in-order",
  "purchase-limit-kept",
];

const counterOf = {
  completed: "journeysCompleted",
  rejected: "journeysRejected",
  abandoned: "journeysAbandoned",
  failed: "journeysFailed",
} as const;

/** 60 s, one generator, a buyer for each four seats in a hundred; nobody follows a stream of events. */
export function healthyPresale({ clients = 200 } = {}): PresaleRun {
  const { plan, record } = healthyRun({ clients, generators: 1 });
  const { history, audit, ends } = presaleStory(clients);
  for (const name of ["event_age", "stale_odds_age", "read_lag", "first_event"]) {
    removeSamples(record, name, () => true);
  }
  for (let second = 0; second < 5; second++) {
    addSamples(record, { second, key: "request{step=join}@arrive" }, { 8: 39, 40: 1 });
    addSamples(record, { second, key: "position_age@arrive" }, { 120: 200 });
  }
  for (let second = 5; second < 20; second++) {
    addSamples(record, { second, key: "request{step=hold}@baseline" }, { 15: 3 });
    addSamples(record, { second, key: "request{step=book}@baseline" }, { 120: 3 });
    addSamples(record, { second, key: "wait{step=admission}@baseline" }, { 9000: 3 });
    addSamples(record, { second, key: "journey@baseline" }, { 12000: 3 });
  }
  const [{ final, intervals }] = record.generators as [(typeof record.generators)[number]];
  for (const { counters } of [...intervals, final!]) counters.events = counters.onTime = 0;
  for (const { type, end, atUs } of history) {
    if (type !== "end") continue;
    const second = Math.floor((atUs - startAtUs) / 1e6);
    count(record, counterOf[end!], 1, { second });
  }
  final!.streams = {};
  final!.journeys = ends;
  return {
    plan: {
      ...plan,
      run: "2026-11-21T12-00-00-presale",
      scenario: "presale",
      title: "A presale",
      command: "matchday run presale --seed 7",
      crowd: { ...plan.crowd, streams: [], journeys },
      system: {
        id: "box-office",
        design: "sse-redis",
        script: {
          presale: script,
          payments: { latencyMs: 80, jitterMs: 0, declineShare: 0.05, outage: "none" },
        },
      },
      deadlinesMs: {},
      budget: {
        id: "presale",
        title: "Presale",
        objectives: [
          objective({
            ...{ measure: "request{step=join}.p99", title: "Join (p99)", target: 500, phase: "arrive" },
          }),
          objective({
            ...{
              measure: "journeys.failedRatio",
              title: "Failed journeys",
              op: "lte",
              target: 0,
              unit: "ratio",
            },
          }),
        ],
        invariants: presaleInvariants,
      },
    },
    record: { ...record, published: [], history, audit },
  };
}

/** Those entries of the audit, to look at or to break. */
export const audited = <Type extends AuditEntry["type"]>({ record }: PresaleRun, type: Type) =>
  record.audit.filter((entry): entry is Audited<Type> => entry.type === type);
