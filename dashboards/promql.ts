/** Expressions that several panels are made of. */
import { quantileName } from "../measurements/metrics.ts";
import type { Query } from "./model.ts";

/** Per second, over Grafana's window. */
export const rate = (series: string) => `rate(${series}[$__rate_interval])`;

/** A quantile of a histogram of one of our services, by `by`. */
export const serviceQuantile = (quantile: number, histogram: string, by: string, where = "") =>
  `histogram_quantile(${quantile}, sum by (le, ${by}) (${rate(`${histogram}_bucket${where}`)}))`;

const colours = { "0.5": "green", "0.95": "yellow", "0.99": "orange", "1": "red" };
const names = { "0.5": "p50", "0.95": "p95", "0.99": "p99", "1": "max" };

/** The quantiles of a measure in each second, exact as the verdict's own. */
export function quantilesOf(
  measure: string,
  quantiles: (keyof typeof names)[],
  { where = "", mayBeEmpty }: { where?: string; mayBeEmpty?: string } = {},
): Query[] {
  return quantiles.map((quantile) => ({
    expr: `max(${quantileName(measure)}{${where}q="${quantile}"})`,
    legend: names[quantile],
    colour: colours[quantile],
    ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
  }));
}

/** What the budget asks, as a line in a chart. */
export const targetOf = (objective: string): Query => ({
  expr: `max(matchday_objective_target{objective="${objective}"})`,
  legend: "target",
  colour: "purple",
  limit: true,
});

/** With the title of the objective that a series is about. */
export const titled = (series: string) =>
  `${series} * on (objective) group_left (title) group by (objective, title) (matchday_objective_target)`;

/** One number for whichever of the states holds, counted from 1; 0 while none does. */
export const stateOf = (metric: string, label: string, states: readonly string[]) =>
  `max(${states.map((state, index) => `(${metric}{${label}="${state}"} == 1) * ${index + 1}`).join(" or ")}) or vector(0)`;

/**
 * How many times as fast as its SLO can bear an objective used its error budget in a window: 1 uses up all of it by the end of
 * the SLO's own window. None where nothing was counted.
 */
export function burnRate(window: string): string {
  const counted = (what: string) => `sum by (objective) (rate(matchday_slo_${what}_total[${window}]))`;
  const bad = `clamp_min(1 - ${counted("good_events")} / (${counted("events")} > 0), 0)`;
  return `${bad} / on (objective) (1 - max by (objective) (matchday_slo_target_ratio))`;
}
