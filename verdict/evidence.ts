import { HistogramSet } from "../measurements/histograms.ts";
import type { GeneratorRecord, RunRecord } from "../measurements/run-record.ts";
import { mergeRun, type SecondView } from "../measurements/seconds.ts";
import type { Objective, Verdict } from "./contract.ts";
import { type DeliveryResult, deliveryOf } from "./delivery.ts";
import { type Disturbance, disturbancesOf } from "./disturbances.ts";
import { indicatorOf } from "./event-counts.ts";
import { type FaultTimes, faultTimes } from "./fault-times.ts";
import { type JudgedParts, judgedParts } from "./judged-parts.ts";
import { LatencyCounts } from "./latency-counts.ts";
import { parseMeasureSpec } from "./measure-spec.ts";
import { type Measures, measuresByPhase } from "./measures.ts";
import type { Plan } from "./plan.ts";
import { journeyShares, type Shares } from "./shares.ts";
import { SteadyState } from "./steady-state.ts";
import { Stretches } from "./stretches.ts";
import type { SystemJudge } from "./system-judge.ts";
import { judgeOf } from "./systems/index.ts";

/** A run, worked up once: what objectives, invariants, faults, trust and findings are judged from. */
export interface Evidence {
  plan: Plan;
  record: RunRecord;
  startAtUs: number;
  seconds: SecondView[];
  measures: Measures;
  /** Samples of the whole run by key as written, as the histogram logs hold them. */
  samples: ReadonlyMap<string, number>;
  /** How many of these are of no second that the generators tell of. */
  strays: number;
  latencies: LatencyCounts;
  delivery: DeliveryResult;
  steadyState: SteadyState;
  faults: FaultTimes[];
  /** Of the faults whose injection was begun. */
  disturbances: Disturbance[];
  stretches: Stretches;
  parts: JudgedParts;
  clients: Verdict["clients"];
  /** Clients on a slow connection, by plan: owed the end state only. */
  slowClients: number;
  /** How its system judges, and what that has worked up of the system's own records; `undefined` where there are none. */
  system: SystemJudge;
  own: unknown;
  shares: Shares;
}

export function evidenceOf(plan: Plan, record: RunRecord): Evidence {
  const startAtUs = plan.startAtUs ?? 0;
  const faults = faultTimes(plan, record.journal, startAtUs);
  const calm = { untilIndex: firstDisturbed(record.generators, faults), histograms: new HistogramSet() };
  const latencies = new LatencyCounts(plan.budget.objectives);
  let strays = 0;
  const { seconds, byKey } = mergeRun(record.generators, (index, histograms) => {
    if (index < 0) for (const [, { totalCount }] of histograms) strays += totalCount;
    latencies.add(index, histograms);
    if (index >= calm.untilIndex) return;
    for (const [key, histogram] of histograms) calm.histograms.add(key, histogram);
  });
  const measures = measuresByPhase(byKey);
  const samples = new Map([...byKey].map(([key, histogram]) => [key, histogram.totalCount]));
  const delivery = deliveryOf(plan, record, startAtUs);
  const finals = record.generators.flatMap(({ final }) => (final ? [final] : []));
  const total = (field: "connected" | "failed") => finals.reduce((sum, final) => sum + final[field], 0);
  const cohorts = finals.flatMap(({ streams }) => Object.values(streams).flatMap((stream) => stream.cohorts));
  const system = judgeOf(plan.system.id);
  const own = system.workUp?.(plan, record);
  const steadyState = new SteadyState({
    ...{ seconds, measures, delivery, phases: plan.phases },
    ownSigns: system.signs?.(record, plan) ?? [],
    disturbedFromMs: Math.min(...faults.filter(({ begun }) => begun).map(({ fromMs }) => fromMs)),
  });
  const disturbances = disturbancesOf(faults, steadyState, plan.budget.allowances ?? []);
  const stretches = new Stretches(disturbances);
  return {
    plan,
    record,
    startAtUs,
    seconds,
    measures,
    samples,
    strays,
    latencies,
    delivery,
    steadyState,
    faults,
    disturbances,
    stretches,
    parts: judgedParts(
      {
        ...{ generators: record.generators, seconds, calm, delivery },
        slowestAllowedMs: (measure) => slowestAllowedMs(plan.budget.objectives, measure),
      },
      stretches,
    ),
    clients: {
      planned: plan.clients,
      connected: total("connected"),
      failed: total("failed"),
      openWithinMs: Math.max(0, ...finals.map(({ openWithinMs }) => openWithinMs)),
      releaseLagP99Ms: measures.summary("release_lag")?.p99Ms ?? 0,
    },
    slowClients: cohorts.reduce((sum, { slow, clients }) => sum + (slow ? clients : 0), 0),
    system,
    own,
    shares: { ...journeyShares(finals), ...(own === undefined ? {} : system.shares?.(own)) },
  };
}

/** The widest target of a latency, with and without labels; Infinity where there is none. */
function slowestAllowedMs(objectives: readonly Objective[], measure: string): number {
  const targets = objectives.flatMap((objective) => {
    const { op, target, measure: name } = indicatorOf(objective);
    const spec = parseMeasureSpec(name);
    const isMeant =
      spec?.kind === "latency" && (spec.measure === measure || measure.startsWith(`${spec.measure}{`));
    return isMeant && (op === "lt" || op === "lte") ? [target] : [];
  });
  return targets.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...targets);
}

/** The first second that a fault touches; Infinity: none does. */
function firstDisturbed(generators: readonly GeneratorRecord[], faults: readonly FaultTimes[]): number {
  const fromMs = Math.min(...faults.filter(({ begun }) => begun).map((fault) => fault.fromMs));
  const touched = generators.flatMap(({ intervals }) => intervals.filter(({ toMs }) => toMs > fromMs));
  return Math.min(...touched.map(({ index }) => index));
}
