import type { SpanRecord } from "../../common/records.ts";
import { spansPage } from "../service-kit/span-buffer.ts";

const withinMs = 1000;

/**
 * Takes what has ended from `POST <url>/spans` of every service, page after page. One that does not answer within a second has
 * kept what it did not say. Never rejects.
 */
export async function serviceSpans(metricsUrls: string[], authorization: string): Promise<SpanRecord[]> {
  return (await Promise.all(metricsUrls.map((url) => spansOf(url, authorization)))).flat();
}

async function spansOf(url: string, authorization: string): Promise<SpanRecord[]> {
  const spans: SpanRecord[] = [];
  const signal = AbortSignal.timeout(withinMs);
  try {
    for (;;) {
      const response = await fetch(`${url}/spans`, { method: "POST", headers: { authorization }, signal });
      if (!response.ok) return spans;
      const page = (await response.json()) as SpanRecord[];
      spans.push(...page);
      if (page.length < spansPage) return spans;
    }
  } catch {
    return spans;
  }
}
