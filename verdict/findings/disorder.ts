import type { Anomaly } from "../../common/records.ts";
import type { Finding } from "../contract.ts";
import { countOf } from "../words.ts";
import type { Finder } from "./finding.ts";

const kinds = [
  {
    kind: "misdelivered",
    severity: "high",
    title: "read by clients they were not for",
    remedy: "Check how an edge chooses the subscribers of a stream, above all after it reconnects.",
  },
  {
    kind: "duplicate",
    severity: "medium",
    title: "delivered more than once",
    remedy:
      "Have edges skip what a client already has: resume after its Last-Event-ID, and drop what overlaps with the replay.",
  },
  {
    kind: "reordered",
    severity: "medium",
    title: "delivered out of order",
    remedy: "Send a stream's replay before its live events, and from one queue.",
  },
] as const satisfies {
  kind: Anomaly["kind"];
  severity: Finding["severity"];
  title: string;
  remedy: string;
}[];

/** Duplicates, reorders and misdeliveries, as the clients count them. */
export const disorder: Finder = ({ evidence }) =>
  kinds.flatMap(({ kind, severity, title, remedy }) => {
    const count = evidence.delivery.total[kind];
    if (count === 0) return [];
    const seconds = evidence.seconds.filter(
      (second, position) => second.counters[kind] > (evidence.seconds[position - 1]?.counters[kind] ?? 0),
    );
    const sample = evidence.record.anomalies.find((anomaly) => anomaly.kind === kind);
    return [
      {
        severity,
        title: `${countOf(count, "event")} ${title}`,
        evidence: `in ${countOf(Math.max(1, seconds.length), "second")} of the run${sample ? `; for one, ${sample.stream} ${sample.seq} at client ${sample.client}` : ""}`,
        when: seconds.length > 0 ? { fromMs: seconds[0]!.fromMs, toMs: seconds.at(-1)!.toMs } : null,
        remedy,
      },
    ];
  });
