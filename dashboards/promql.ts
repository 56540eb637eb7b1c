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
    expr: `max(${quantileName(measure)}{${where}quantile="${quantile}"})`,
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

/** One number for whichever of the states holds, counted from 1; 0 while none does. */
export const stateOf = (metric: string, label: string, states: readonly string[]) =>
  `max(${states.map((state, index) => `(${metric}{${label}="${state}"} == 1) * ${index + 1}`).join(" or ")}) or vector(0)`;
