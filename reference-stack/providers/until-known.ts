import { until } from "../../common/until.ts";

/** Waits until all edges know the streams: nobody is told that there is no such match. */
export async function untilEdgesKnow(urls: string[], streams: string[], withinMs: number): Promise<void> {
  const paths = streams.map((stream) => `/api/match/${stream.slice("match:".length)}/state`);
  await Promise.all(
    urls.flatMap((url) =>
      paths.map((path) =>
        until(
          async () => {
            const answer = await fetch(`${url}${path}`, {
              method: "HEAD",
              signal: AbortSignal.timeout(1000),
            });
            return answer.status === 200;
          },
          {
            withinMs,
            everyMs: 20,
            code: "STREAM_UNKNOWN",
            orElse: `${url}${path}: no 200 within ${withinMs} ms`,
          },
        ),
      ),
    ),
  );
}

/** Waits until all edges let buyers of an event in, and all box offices have its venue. */
export async function untilOnSale(
  event: string,
  { edges, boxOffices }: { edges: string[]; boxOffices: string[] },
  withinMs: number,
): Promise<void> {
  const known = (url: string, knows: (answer: Response) => Promise<boolean>) =>
    until(async () => knows(await fetch(url, { signal: AbortSignal.timeout(1000) })), {
      withinMs,
      everyMs: 20,
      code: "PRESALE_UNKNOWN",
      orElse: `${url}: the presale of ${event} is not known there within ${withinMs} ms`,
    });
  await Promise.all([
    ...edges.map((url) =>
      known(`${url}/healthz`, async (answer) => {
        const { presales } = (await answer.json()) as { presales?: string[] };
        return presales?.includes(event) ?? false;
      }),
    ),
    ...boxOffices.map((url) => known(`${url}/api/venues/${event}`, async ({ ok }) => ok)),
  ]);
}
