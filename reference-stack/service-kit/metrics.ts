import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { PartFigures } from "../../common/records.ts";

/** Around the edges of a two-second budget, and fine below it. */
export const latencyBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10,
];

const lagResolutionMs = 20;

/**
 * Default metrics that list every handle and every file of the process at each scrape: with 8,000 open streams a scrape
 * took 24 ms of the event loop, and takes 4 ms without them.
 */
const costly = [
  "nodejs_active_resources",
  "nodejs_active_resources_total",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
  "nodejs_active_requests",
  "nodejs_active_requests_total",
  "process_open_fds",
];

/** The figures that a service keeps in its registry, by the metric they are read from. */
const figureMetrics = {
  connections: "matchday_connections",
  eventLoopLagP99Ms: "matchday_event_loop_lag_p99_seconds",
  backlogBytes: "matchday_write_backlog_bytes",
  slowClients: "matchday_slow_clients",
  replays: "matchday_replays_total",
  redisUp: "matchday_redis_up",
  seq: "matchday_stream_seq",
} as const;

export type ServiceFigures = Pick<PartFigures, keyof typeof figureMetrics | "gauges">;

const ofAllServices = new Set<string>(Object.values(figureMetrics));

/** What every service measures of itself: one registry, for Prometheus and for `/figures`. */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly calls: Histogram<"dependency" | "call">;
  readonly callErrors: Counter<"dependency" | "call">;
  readonly #lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  /** Gauges and totals that only this service has. */
  readonly #own: string[] = [];
  /** How late the event loop came round, p99 of the last second. */
  loopLagP99Ms = 0;

  constructor(part: string) {
    this.registry.setDefaultLabels({ part });
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 50 });
    for (const name of costly) this.registry.removeSingleMetric(name);
    this.calls = new Histogram({
      name: "matchday_dependency_call_duration_seconds",
      help: "Calls to Redis, PostgreSQL and the vendor that were answered",
      labelNames: ["dependency", "call"],
      buckets: latencyBuckets,
      registers: [this.registry],
    });
    this.callErrors = new Counter({
      name: "matchday_dependency_errors_total",
      help: "Calls to Redis, PostgreSQL and the vendor that failed, connecting included",
      labelNames: ["dependency", "call"],
      registers: [this.registry],
    });
    const lag = this.gauge(
      "event_loop_lag_p99_seconds",
      "How late the event loop came round, p99 of the last second",
    );
    this.#lag.enable();
    setInterval(() => {
      this.loopLagP99Ms = Math.max(0, this.#lag.percentile(99) / 1e6 - lagResolutionMs);
      lag.set(this.loopLagP99Ms / 1000);
      this.#lag.reset();
    }, 1000).unref();
  }

  gauge(name: string, help: string, collect?: (gauge: Gauge) => void): Gauge {
    this.#own.push(name);
    return new Gauge({
      name: `matchday_${name}`,
      help,
      registers: [this.registry],
      ...(collect === undefined
        ? {}
        : {
            collect() {
              collect(this);
            },
          }),
    });
  }

  /** The last sequence number of each stream. */
  streamSeqs(help: string, seqs: () => Iterable<[stream: string, seq: number]>): void {
    new Gauge({
      name: "matchday_stream_seq",
      help,
      labelNames: ["stream"],
      registers: [this.registry],
      collect() {
        for (const [stream, seq] of seqs()) this.set({ stream }, seq);
      },
    });
  }

  counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: `matchday_${name}`, help, labelNames, registers: [this.registry] });
  }

  /** A counter of what is counted elsewhere, as a plain number. */
  total(name: string, help: string, count: () => number): void {
    this.#own.push(name);
    new Counter({
      name: `matchday_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(count());
      },
    });
  }

  histogram(name: string, help: string): Histogram {
    return new Histogram({
      name: `matchday_${name}`,
      help,
      buckets: latencyBuckets,
      registers: [this.registry],
    });
  }

  /** Times a call to a dependency, and counts it when it fails. */
  async timed<T>(dependency: string, call: string, act: () => Promise<T>): Promise<T> {
    const end = this.calls.startTimer({ dependency, call });
    try {
      const answer = await act();
      end();
      return answer;
    } catch (error) {
      this.callErrors.inc({ dependency, call });
      throw error;
    }
  }

  /** The figures of this part now; what the part does not measure is absent. Several streams: the furthest `seq`. */
  async figures(): Promise<ServiceFigures> {
    const figures: ServiceFigures = {};
    for (const [field, name] of Object.entries(figureMetrics) as [keyof typeof figureMetrics, string][]) {
      const value = await this.#newest(name);
      if (value === undefined) continue;
      figures[field] = field === "eventLoopLagP99Ms" ? Math.round(value * 1e5) / 100 : value;
    }
    const gauges: Record<string, number> = {};
    for (const name of this.#own.filter((each) => !ofAllServices.has(`matchday_${each}`))) {
      const value = await this.#newest(`matchday_${name}`);
      if (value !== undefined) gauges[name] = value;
    }
    return Object.keys(gauges).length > 0 ? { ...figures, gauges } : figures;
  }

  async #newest(name: string): Promise<number | undefined> {
    const metric = await this.registry.getSingleMetric(name)?.get();
    return metric && metric.values.length > 0
      ? Math.max(...metric.values.map((sample) => Number(sample.value)))
      : undefined;
  }
}
