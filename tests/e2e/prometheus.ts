/** Prometheus' HTTP API, as far as tests ask it: https://prometheus.io/docs/prometheus/latest/querying/api/ */

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

interface Answer {
  status: "success" | "error";
  error?: string;
  data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** @throws Error with Prometheus' own words, when it cannot answer the query */
export async function askPrometheus(base: string, expr: string, atMs?: number): Promise<Sample[]> {
  const url = new URL("/api/v1/query", base);
  url.searchParams.set("query", expr);
  if (atMs !== undefined) url.searchParams.set("time", String(atMs / 1000));
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const { status, error, data } = (await response.json()) as Answer;
  if (status === "error" || !data) throw new Error(`${expr}: ${error}`);
  return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}
