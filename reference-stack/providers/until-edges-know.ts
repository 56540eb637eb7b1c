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
