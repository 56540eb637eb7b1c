import { type Metric, Registry } from "prom-client";
import { nowUs } from "../../common/clock.ts";
import type { PhaseName } from "../../common/match-day.ts";
import type { JournalEntry, PartFigures, PublishedEvent } from "../../common/records.ts";
import { type Measure, measures } from "../../measurements/catalogue.ts";
import type { LiveFeed } from "../../measurements/live.ts";
import { histogramName, quantileName, type RunMetricName, runMetrics } from "../../measurements/metrics.ts";
import type { Delivery, JudgedObjective, Verdict } from "../../verdict/contract.ts";
import { atMsOf } from "../../verdict/fault-times.ts";
import { measuresByPhase } from "../../verdict/measures.ts";
import type { Plan } from "../../verdict/plan.ts";
import { crowdSamples, generatorSamples } from "./crowd-samples.ts";
import { DeliverySoFar } from "./delivery-so-far.ts";
import { quantileSamples, RunHistograms } from "./latencies.ts";
import {
  allowanceSamples,
  allowedSamples,
  burnSamples,
  clientsSoFar,
  excusedSamples,
  judgedSoFar,
  observedSamples,
  okSamples,
  targetSamples,
  worstOfEach,
} from "./objective-samples.ts";
import { PartsSoFar } from "./parts-so-far.ts";
import { type Sample, sample, samplesIf } from "./sample.ts";
import { SlosSoFar } from "./slo-samples.ts";

/**
 * What Prometheus is told of a run, in its text format: the merged feed of the crowd, judged as the verdict judges it.
 * When there is a verdict, what it says takes the place of what was known before.
 */
export class Exposition {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #plan: Plan;
  readonly #live: LiveFeed;
  readonly #nowUs: () => number;
  readonly #registry = new Registry();
  readonly #delivery: DeliverySoFar;
  readonly #partsSoFar: PartsSoFar;
  readonly #slos: SlosSoFar;
  readonly #histograms = new RunHistograms();
  readonly #activeFaults = new Set<string>();
  #parts: readonly Omit<PartFigures, "atMs">[] = [];
  #phase: PhaseName | undefined;
  #cpuBusy: number | undefined;
  #endedAtUs: number | undefined;
  #verdict: Verdict | undefined;
  /** Worked up once for each text. */
  #judged: readonly JudgedObjective[] = [];
  #delivered: Delivery | undefined;

  /** @param plan as it is carried out: start instant and bands of faults may be set later. */
  constructor(plan: Plan, live: LiveFeed, now: () => number = nowUs) {
    this.#plan = plan;
    this.#live = live;
    this.#nowUs = now;
    this.#delivery = new DeliverySoFar(plan, live);
    this.#partsSoFar = new PartsSoFar(plan, live, this.#delivery);
    this.#slos = new SlosSoFar(plan);
    for (const [name, samples] of Object.entries(this.#runSamples())) {
      const { type, help } = runMetrics[name as RunMetricName];
      this.#register(name, type, help, samples);
    }
    for (const measure of measures) this.#registerMeasure(measure);
  }

  /** Every line of the journal, as it is written. */
  journal(entry: JournalEntry): void {
    if (entry.type === "phase") this.#phase = entry.phase;
    if (entry.type === "machine") this.#cpuBusy = entry.cpuBusy;
    if (entry.type === "fault") {
      if (entry.state === "injected") this.#activeFaults.add(entry.id);
      if (entry.state === "healed") this.#activeFaults.delete(entry.id);
      this.#partsSoFar.fault(entry, atMsOf(entry, this.#plan.startAtUs ?? 0));
    }
    if (entry.type === "run" && ["ended", "interrupted", "failed"].includes(entry.state)) {
      this.#endedAtUs ??= entry.atUs;
      this.#phase = undefined;
    }
  }

  /** The newest figures of every part of the stack. */
  figures(parts: readonly Omit<PartFigures, "atMs">[]): void {
    this.#parts = parts;
  }

  get parts(): readonly Omit<PartFigures, "atMs">[] {
    return this.#parts;
  }

  /** After each read of the ledger: what is new in it, even when nothing is. */
  published(events: readonly PublishedEvent[]): void {
    this.#delivery.published(events, (this.#nowUs() - (this.#plan.startAtUs ?? 0)) / 1000);
  }

  verdict(verdict: Verdict): void {
    this.#verdict = verdict;
    this.#live.settle();
    this.#slos.verdict(verdict.errorBudgets);
  }

  async text(): Promise<string> {
    this.#delivery.update();
    this.#delivered = this.#verdict?.delivery ?? this.#delivery.total;
    this.#judged = worstOfEach(this.#verdict?.objectives ?? this.#judgedSoFar(this.#delivered));
    return await this.#registry.metrics();
  }

  #judgedSoFar(total: Delivery): JudgedObjective[] {
    const clients = clientsSoFar(this.#live);
    const counted = { measures: measuresByPhase(this.#live.byKey), delivery: { total }, clients, shares: {} };
    this.#slos.update(counted, 1000 * (this.#elapsedSeconds() ?? 0));
    return judgedSoFar(this.#plan, { parts: this.#partsSoFar.parts(), clients });
  }

  #register(
    name: string,
    type: "gauge" | "counter" | "histogram",
    help: string,
    samples: () => Sample[],
  ): void {
    // prom-client formats whatever answers `get()`; it has no metric whose values are set from elsewhere.
    const metric = { name, get: async () => ({ name, help, type, values: samples() }) };
    this.#registry.registerMetric(metric as unknown as Metric);
  }

  #registerMeasure(measure: Measure): void {
    this.#register(histogramName(measure.name), "histogram", `${measure.title}: ${measure.meaning}`, () =>
      this.#histograms.samples(measure, this.#live.byKey),
    );
    this.#register(
      quantileName(measure.name),
      "gauge",
      `${measure.title}, quantiles of the last whole second`,
      () => quantileSamples(measure, this.#live.latestHistograms),
    );
  }

  #runSamples(): Record<RunMetricName, () => Sample[]> {
    const plan = this.#plan;
    const { scenario, system, stack, seed, budget, phases } = plan;
    const newest = () => this.#live.newest();
    return {
      matchday_run_info: () => [
        sample(1, { run: plan.run, scenario, design: system.design, stack, seed: String(seed) }),
      ],
      matchday_run_elapsed_seconds: () => samplesIf(this.#elapsedSeconds()),
      matchday_phase: () =>
        [...new Set(phases.map(({ name }) => name))].map((phase) =>
          sample(Number(phase === this.#phase), { phase }),
        ),
      matchday_fault_active: () => this.#faultSamples(),
      matchday_verdict: () => {
        if (!this.#verdict) return [];
        const { verdict, sentence } = this.#verdict;
        return [sample(1, { verdict, sentence })];
      },
      matchday_objective_target: () => targetSamples(budget.objectives),
      matchday_objective_observed: () => observedSamples(this.#judged),
      matchday_objective_ok: () => okSamples(this.#judged),
      matchday_objective_allowed: () => allowedSamples(this.#judged),
      matchday_objective_burn_rate: () => burnSamples(this.#judged),
      matchday_objective_excused: () => excusedSamples(this.#judged),
      matchday_objective_allowance: () => allowanceSamples(plan),
      matchday_objective_budget_used_ratio: () => this.#slos.budgetUsedSamples(),
      matchday_slo_target_ratio: () => this.#slos.targetSamples(),
      matchday_slo_events_total: () => this.#slos.samples("total"),
      matchday_slo_good_events_total: () => this.#slos.samples("good"),
      ...crowdSamples(newest),
      matchday_crowd_anomalies_total: () => this.#anomalySamples(),
      matchday_deliveries_owed_total: () => samplesIf(this.#delivered?.expected),
      matchday_deliveries_total: () => [
        ...samplesIf(this.#delivered?.onTime, { outcome: "on_time" }),
        ...samplesIf(this.#delivered?.late, { outcome: "late" }),
      ],
      matchday_delivery_ratio: () => samplesIf(this.#delivered?.ratio),
      ...generatorSamples(newest),
      ...this.#stackSamples(),
    };
  }

  #stackSamples() {
    const each = (value: (part: Omit<PartFigures, "atMs">) => number | undefined) => () =>
      this.#parts.flatMap((part) => samplesIf(value(part), { part: part.part, kind: part.kind }));
    return {
      matchday_part_up: each(({ up }) => Number(up)),
      matchday_part_cpu_seconds_total: each(({ cpuUs }) => (cpuUs === undefined ? undefined : cpuUs / 1e6)),
      matchday_part_memory_bytes: each(({ rssBytes }) => rssBytes),
      matchday_machine_cpu_busy_ratio: () => samplesIf(this.#cpuBusy),
    } satisfies Partial<Record<RunMetricName, () => Sample[]>>;
  }

  #elapsedSeconds(): number | undefined {
    const { startAtUs } = this.#plan;
    if (startAtUs === undefined) return undefined;
    return Math.max(0, ((this.#endedAtUs ?? this.#nowUs()) - startAtUs) / 1e6);
  }

  /** With the start instant, each fault has its band. */
  #faultSamples(): Sample[] {
    if (this.#plan.startAtUs === undefined) return [];
    return this.#plan.faults.map(({ id, band = id }) =>
      sample(Number(this.#activeFaults.has(id)), { fault: id, band }),
    );
  }

  #anomalySamples(): Sample[] {
    const told = this.#delivered;
    return (["duplicate", "reordered", "misdelivered"] as const).flatMap((kind) =>
      samplesIf(told?.[kind], { kind }),
    );
  }
}
