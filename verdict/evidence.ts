import type { RunRecord } from "../measurements/run-record.ts";
import { mergeRun, type SecondView } from "../measurements/seconds.ts";
import type { Verdict } from "./contract.ts";
import { type DeliveryResult, deliveryOf } from "./delivery.ts";
import { type FaultTimes, faultTimes } from "./fault-times.ts";
import { Measures } from "./measures.ts";
import type { Plan } from "./plan.ts";
import { type Presale, presaleOf } from "./presale/presale.ts";
import { setbacksOf } from "./presale/setbacks.ts";
import { type Shares, sharesOf } from "./shares.ts";
import { SteadyState } from "./steady-state.ts";

/** A run, worked up once: what objectives, invariants, faults, trust and findings are judged from. */
export interface Evidence {
  plan: Plan;
  record: RunRecord;
  startAtUs: number;
  seconds: SecondView[];
  measures: Measures;
  delivery: DeliveryResult;
  steadyState: SteadyState;
  faults: FaultTimes[];
  clients: Verdict["clients"];
  /** Clients on a slow connection, by plan: owed the end state only. */
  slowClients: number;
  /** Absent where nothing was on sale. */
  presale: Presale | undefined;
  shares: Shares;
}

export function evidenceOf(plan: Plan, record: RunRecord): Evidence {
  const startAtUs = plan.startAtUs ?? 0;
  const { seconds, byKey } = mergeRun(record.generators);
  const measures = new Measures(byKey);
  const delivery = deliveryOf(plan, record, startAtUs);
  const finals = record.generators.flatMap(({ final }) => (final ? [final] : []));
  const total = (field: "connected" | "failed") => finals.reduce((sum, final) => sum + final[field], 0);
  const cohorts = finals.flatMap(({ streams }) => Object.values(streams).flatMap((stream) => stream.cohorts));
  const presale = presaleOf(plan, record);
  return {
    plan,
    record,
    startAtUs,
    seconds,
    measures,
    delivery,
    steadyState: new SteadyState({
      ...{ seconds, measures, delivery, phases: plan.phases },
      setbacks: setbacksOf(record.history ?? [], plan.crowd.journeys ?? [], startAtUs),
    }),
    faults: faultTimes(plan, record.journal, startAtUs),
    clients: {
      planned: plan.clients,
      connected: total("connected"),
      failed: total("failed"),
      openWithinMs: Math.max(0, ...finals.map(({ openWithinMs }) => openWithinMs)),
      releaseLagP99Ms: measures.summary("release_lag")?.p99Ms ?? 0,
    },
    slowClients: cohorts.reduce((sum, { slow, clients }) => sum + (slow ? clients : 0), 0),
    presale,
    shares: sharesOf(finals, presale),
  };
}
