/** Prometheus' HTTP API, as far as tests ask it: https://prometheus.io/docs/prometheus/latest/querying/api/ */
import { until } from "../../common/until.ts";
import type { DashboardQuery } from "../../dashboards/queries.ts";
import type { Verdict } from "../../verdict/contract.ts";

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

interface Answer<Result> {
  status: "success" | "error";
  error?: string;
  data?: { result: Result[] };
}

/** @throws Error with Prometheus' own words, when it cannot answer the query */
export async function askPrometheus(base: string, expr: string): Promise<Sample[]> {
  const result = await ask<{ metric: Record<string, string>; value: [number, string] }>(base, "query", {
    query: expr,
  });
  return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

/** How many series a query has had within the last seconds: what a panel would draw. */
export async function seriesOf(base: string, expr: string, seconds: number): Promise<number> {
  const now = Date.now() / 1000;
  const range = { start: String(now - seconds), end: String(now), step: "1" };
  return (await ask(base, "query_range", { query: expr, ...range })).length;
}

async function ask<Result>(
  base: string,
  what: string,
  parameters: Record<string, string>,
): Promise<Result[]> {
  const url = new URL(`/api/v1/${what}?${new URLSearchParams(parameters)}`, base);
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const { status, error, data } = (await response.json()) as Answer<Result>;
  if (status === "error" || !data) throw new Error(`${parameters.query}: ${error}`);
  return data.result;
}

/** Waits until each of these has had series within the last seconds, but for those that may have none. */
export async function untilAllAnswer(
  base: string,
  queries: readonly DashboardQuery[],
  seconds: number,
): Promise<void> {
  let left: string[] = [];
  const problems = async () => {
    const found: string[] = [];
    for (const { dashboard, panel, refId, expr, mayBeEmpty } of queries) {
      const series = await seriesOf(base, expr, seconds).catch((error: Error) => error.message);
      if (typeof series === "number" && (series > 0 || mayBeEmpty !== undefined)) continue;
      found.push(`${dashboard} / ${panel} / ${refId}: ${series === 0 ? "no series" : series}: ${expr}`);
    }
    return found;
  };
  await until(
    async () => {
      left = await problems();
      return left.length === 0;
    },
    { withinMs: 15_000, everyMs: 1000, orElse: () => `queries without an answer:\n${left.join("\n")}` },
  );
}

/** The verdict is told when the run is over, and scraped within a second of that. */
export async function untilVerdictTold(base: string, { run, verdict }: Verdict): Promise<void> {
  await until(
    async () => {
      const told = await askPrometheus(base, `matchday_verdict and on () matchday_run_info{run="${run}"}`);
      return told.some(({ metric }) => metric.verdict === verdict);
    },
    { withinMs: 10_000, everyMs: 500, orElse: "Prometheus was not told the verdict within 10 s" },
  );
}
