import { formatMs } from "../../common/duration.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Clients that never got in, and attempts that failed while nothing was broken. */
export const connects: Finder = ({ evidence }) => {
  const { seconds, clients, record, faults, presale } = evidence;
  // Whoever was told no at the door got an answer.
  const refused = [...(presale?.told.values() ?? [])].filter(
    ({ ordinals, end }) => ordinals.length === 0 && end?.end === "rejected",
  ).length;
  const failed = clients.failed - refused;
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
  if (!when || (seconds.at(-1)?.counters.connectErrors ?? 0) <= refused) return [];
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
