import { formatMs } from "../../common/duration.ts";
import { blamed } from "../blame.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Events that clients were owed and never got. */
export const lostEvents: Finder = ({ evidence }) => {
  const lost = evidence.delivery.events.filter((event) => event.lost > 0);
  if (lost.length === 0) return [];
  const deliveries = lost.reduce((sum, event) => sum + event.lost, 0);
  const first = lost[0]!;
  const last = lost.at(-1)!;
  const worst = lost.toSorted((a, b) => b.lost - a.lost)[0]!;
  const sample = evidence.record.anomalies.find(({ kind }) => kind === "lost");
  const during = blamed(
    lost.map(({ owed }) => owed),
    evidence.disturbances,
  );
  return [
    {
      severity: "high",
      title: `${countOf(deliveries, "delivery", "deliveries")} lost for good`,
      evidence: `${countOf(lost.length, "event")} published from ${formatMs(first.atMs)} to ${formatMs(last.atMs)}; the worst is ${worst.stream} ${worst.seq} (${worst.class}), lost to ${formatCount(worst.lost)} of ${formatCount(worst.expected)} clients${sample ? `; for one, client ${sample.client} never got ${sample.stream} ${sample.seq}` : ""}`,
      when: { fromMs: first.atMs, toMs: last.atMs + 1000 },
      remedy:
        during.length > 0
          ? `Close the gap that ${during.map(({ id }) => id).join(" or ")} leaves: resume from the log by Last-Event-ID, and have edges fill what they missed after they resubscribe.`
          : "Nothing was broken when they were lost: look for a path that drops instead of waiting (a full buffer, a gap between snapshot and subscription).",
    },
  ];
};
