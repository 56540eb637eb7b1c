import { formatMs } from "../../common/duration.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Clients that never got in, and attempts that failed while nothing was broken. */
export const connects: Finder = ({ evidence }) => {
  const { seconds, clients, record, faults } = evidence;
  // Whoever was told no at the door, and knows that answer, got in as far as they should: the crowd counts them so.
  const { failed } = clients;
  const causes = new Map<string, number>();
  for (const { final } of record.generators) {
    for (const [cause, count] of Object.entries(final?.errors ?? {}))
      causes.set(cause, (causes.get(cause) ?? 0) + count);
  }
  const named = [...causes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([cause, count]) => `${cause} (${formatCount(count)})`)
    .join(", ");
  const inFault = (atMs: number) => faults.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs + 6000);
  const bad = seconds.filter(
    (second, position) =>
      !inFault(second.toMs) &&
      second.counters.connectErrors > (seconds[position - 1]?.counters.connectErrors ?? 0),
  );
  const when = bad.length > 0 ? { fromMs: bad[0]!.fromMs, toMs: bad.at(-1)!.toMs } : null;
  if (failed > 0) {
    return [
      {
        severity: "high",
        title: `${countOf(failed, "client")} never got a stream`,
        evidence: `of ${formatCount(clients.planned)} planned${named ? `; causes: ${named}` : ""}`,
        when,
        remedy: "See how many each edge may hold (file limit, backlog of listen), and spread the arrival.",
      },
    ];
  }
  if (!when) return [];
  return [
    {
      severity: "medium",
      title: "Attempts to connect failed while nothing was broken",
      evidence: `in ${countOf(bad.length, "second")} from ${formatMs(when.fromMs)}${named ? `; causes: ${named}` : ""}`,
      when,
      remedy:
        "Raise the backlog of listen, or the number of edges: clients that are refused wait seconds before they try again.",
    },
  ];
};
