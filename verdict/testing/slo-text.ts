/** Budgets for tests, as people write them. */
import { parseBudget } from "../budget.ts";

export function budgetOf(text: string) {
  const parsed = parseBudget(text, "mine.yaml");
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ fact }) => fact).join("\n"));
  return parsed.budget;
}

export function problemsOf(text: string) {
  const parsed = parseBudget(text, "mine.yaml");
  return "problems" in parsed ? parsed.problems : [];
}

export const factsOf = (text: string) => problemsOf(text).map(({ fact }) => fact);

interface Parts {
  name?: string;
  annotations?: Record<string, string>;
  /** YAML in braces. */
  indicator?: string;
  window?: string;
  method?: string;
  objectives?: string[];
  more?: string[];
}

export const onTime =
  "{ratioMetric: {counter: true, good: {metricSource: {type: matchday, spec: {query: delivery.onTime}}}, total: {metricSource: {type: matchday, spec: {query: delivery.owed}}}}}";

export const threshold = (query: string, type = "matchday") =>
  `{thresholdMetric: {metricSource: {type: ${type}, spec: {query: "${query}"}}}}`;

export const ratio = (part: "good" | "bad", counted: string, total: string) =>
  `{ratioMetric: {counter: true, ${part}: {metricSource: {type: matchday, spec: {query: "${counted}"}}}, total: {metricSource: {type: matchday, spec: {query: "${total}"}}}}}`;

/** One SLO; its objectives begin on line 12, one a line, when it has no annotations and nothing more. */
export function sloOf({
  name = "mine",
  annotations = {},
  indicator = onTime,
  window = "[{duration: 30d, isRolling: true}]",
  method = "Occurrences",
  objectives = ["{target: 0.99}"],
  more = [],
}: Parts = {}): string {
  return [
    "apiVersion: openslo/v1",
    "kind: SLO",
    "metadata:",
    `  name: ${name}`,
    `  annotations: ${JSON.stringify(annotations)}`,
    "spec:",
    "  service: mine",
    `  indicator: {spec: ${indicator}}`,
    `  timeWindow: ${window}`,
    `  budgetingMethod: ${method}`,
    "  objectives:",
    ...objectives.map((objective) => `    - ${objective}`),
    ...more,
    "",
  ].join("\n");
}
