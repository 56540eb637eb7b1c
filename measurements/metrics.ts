/**
 * What the conductor tells Prometheus: the merged crowd feed, which is what the verdict is made from. The exporter and
 * the dashboards both take names and labels from here. Besides these, each measure of the catalogue (kinds `latency` and
 * `self`) is told twice, under names that `histogramName` and `quantileName` give.
 */

interface Metric {
  type: "gauge" | "counter";
  help: string;
  labels: readonly string[];
}

export const runMetrics = {
  matchday_run_info: {
    type: "gauge",
    help: "1; the run by its labels",
    labels: ["run", "scenario", "design", "stack", "seed"],
  },
  matchday_run_elapsed_seconds: { type: "gauge", help: "Since the start instant", labels: [] },
  matchday_phase: {
    type: "gauge",
    help: "1 for the phase that the run is in, 0 for the others",
    labels: ["phase"],
  },
  matchday_fault_active: {
    type: "gauge",
    help: "1 from the injection of a fault to its heal, 0 before and after",
    labels: ["fault", "band"],
  },
  matchday_verdict: {
    type: "gauge",
    help: "1 for the verdict of the run, once there is one, and why, in a sentence",
    labels: ["verdict", "sentence"],
  },

  matchday_objective_target: {
    type: "gauge",
    help: "What the budget asks; seconds, ratio or count",
    labels: ["objective", "title", "op", "unit"],
  },
  matchday_objective_observed: {
    type: "gauge",
    help: "What was observed so far in a phase, in seconds, ratio or count; absent while untested",
    labels: ["objective", "phase", "allowed", "unit"],
  },
  matchday_objective_ok: {
    type: "gauge",
    help: "1 while an objective is met in a phase, or within what the faults in allowed may cost; 0 while it is missed",
    labels: ["objective", "phase", "allowed"],
  },
  matchday_objective_allowed: {
    type: "gauge",
    help: "What holds in a phase instead of the target, while the faults in allowed last; seconds, ratio or count",
    labels: ["objective", "phase", "allowed", "unit"],
  },
  matchday_objective_excused: {
    type: "gauge",
    help: "1 while an objective is missed in a phase, but within what the faults in allowed may cost; 0 while it is not",
    labels: ["objective", "phase", "allowed"],
  },
  matchday_objective_allowance: {
    type: "gauge",
    help: "What a fault may cost an objective while it lasts, as planned, and for how long at most; seconds, ratio or count",
    labels: ["objective", "unit", "fault", "for_at_most"],
  },
  matchday_objective_burn_rate: {
    type: "gauge",
    help: "How fast a phase uses up the error budget; 1 uses up exactly what the target allows",
    labels: ["objective", "phase", "allowed"],
  },
  matchday_objective_budget_used_ratio: {
    type: "gauge",
    help: "Share of its window's error budget that the whole run has used; 1 is all that the window allows at this traffic",
    labels: ["objective"],
  },
  matchday_slo_target_ratio: {
    type: "gauge",
    help: "Share of events, or of time slices, that an SLO asks to be good",
    labels: ["objective"],
  },
  matchday_slo_events_total: {
    type: "counter",
    help: "Events of the whole run that an SLO is about, faults included; none of an SLO of time slices",
    labels: ["objective"],
  },
  matchday_slo_good_events_total: {
    type: "counter",
    help: "Those of them that were good, allowances aside; the rest has used up error budget",
    labels: ["objective"],
  },

  matchday_crowd_clients_planned: {
    type: "gauge",
    help: "Clients whose planned instant has come and whose leave has not",
    labels: [],
  },
  matchday_crowd_clients_open: { type: "gauge", help: "Streams that are open", labels: [] },
  matchday_crowd_clients_connected: {
    type: "gauge",
    help: "Clients that have had a first accepted stream",
    labels: [],
  },
  matchday_crowd_connect_errors_total: {
    type: "counter",
    help: "Attempts that ended without an accepted stream",
    labels: [],
  },
  matchday_crowd_disconnects_total: { type: "counter", help: "Streams that broke", labels: [] },
  matchday_crowd_reconnects_total: {
    type: "counter",
    help: "Streams accepted after a client's first",
    labels: [],
  },
  matchday_crowd_resumes_total: {
    type: "counter",
    help: "Reconnects after which all that was missed came again",
    labels: [],
  },
  matchday_crowd_events_total: { type: "counter", help: "Events read by clients", labels: [] },
  matchday_crowd_not_judged_total: {
    type: "counter",
    help: "Those of them that are neither on time nor late: without a sequence, time or class that can be read",
    labels: [],
  },
  matchday_crowd_bytes_total: { type: "counter", help: "Bytes read by clients", labels: [] },
  matchday_crowd_anomalies_total: {
    type: "counter",
    help: "Events that came wrong: duplicate, reordered, misdelivered",
    labels: ["kind"],
  },
  matchday_journeys_total: {
    type: "counter",
    help: "Journeys that have ended, by how: completed, rejected, abandoned, failed",
    labels: ["end"],
  },
  matchday_deliveries_owed_total: {
    type: "counter",
    help: "Deliveries that clients are owed by now: events whose deadline has passed, times the clients they are for",
    labels: [],
  },
  matchday_deliveries_total: {
    type: "counter",
    help: "What became of them: on_time, late; the rest of what is owed has not come",
    labels: ["outcome"],
  },
  matchday_delivery_ratio: { type: "gauge", help: "On time, of what is owed by now", labels: [] },

  matchday_generator_cpu_seconds_total: {
    type: "counter",
    help: "CPU of a generator, user and system",
    labels: ["generator"],
  },
  matchday_generator_memory_bytes: {
    type: "gauge",
    help: "Resident memory of a generator",
    labels: ["generator"],
  },
  matchday_generator_gc_seconds_total: {
    type: "counter",
    help: "Time that a generator stood still for its garbage collector",
    labels: ["generator"],
  },
  matchday_generator_quote_samples_skipped_total: {
    type: "counter",
    help: "Samples of the quote on a screen that were not taken in time: the generator is saturated",
    labels: ["generator"],
  },

  matchday_part_up: { type: "gauge", help: "1 while a part of the stack answers", labels: ["part", "kind"] },
  matchday_part_cpu_seconds_total: {
    type: "counter",
    help: "CPU of a part of the stack",
    labels: ["part", "kind"],
  },
  matchday_part_memory_bytes: { type: "gauge", help: "Resident memory of a part", labels: ["part", "kind"] },
  matchday_machine_cpu_busy_ratio: {
    type: "gauge",
    help: "Busy share of all cores of this machine",
    labels: [],
  },
} as const satisfies Record<string, Metric>;

export type RunMetricName = keyof typeof runMetrics;

/** Cumulative histogram over the run, in seconds: `matchday_event_age_seconds`. */
export const histogramName = (measure: string) => `matchday_${measure}_seconds`;

/**
 * Gauge of the last whole second, exact as the HdrHistogram: `matchday_event_age_quantile_seconds`, with the measure's own
 * labels (`class="all"` is all classes) and `q` as one of `quantiles`: `quantile` is a label of summaries. Absent in a second
 * without samples.
 */
export const quantileName = (measure: string) => `matchday_${measure}_quantile_seconds`;

export const quantiles = ["0.5", "0.95", "0.99", "1"] as const;

/** Upper bounds in seconds: fine around the edges of the budgets (0.2, 0.5, 1, 1.5, 2, 5 s). */
export const bucketBounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75,
  1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30, 60,
] as const;
