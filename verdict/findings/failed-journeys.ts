import { journeyEnds } from "../journeys.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Causes that are named. */
const mostCauses = 3;

/** Journeys that ended in what must not be, by cause. */
export const failedJourneys: Finder = ({ evidence, objectives }) => {
  const { record, startAtUs } = evidence;
  const failed = journeyEnds(record).filter(({ end }) => end === "failed");
  const clients = failed.reduce((sum, end) => sum + end.clients, 0);
  if (clients === 0) return [];
  const causes = failed
    .slice(0, mostCauses)
    .map((one) => `${one.cause} (${one.journey}, ${formatCount(one.clients)})`)
    .join("; ");
  const ended = (record.history ?? [])
    .filter(({ type, end }) => type === "end" && end === "failed")
    .map(({ atUs }) => (atUs - startAtUs) / 1000);
  const more = failed.length - mostCauses;
  return [
    {
      // A budget that says how many may fail has said what is grave.
      severity: objectives.some(({ measure, ok }) => measure === "journeys.failedRatio" && ok)
        ? "low"
        : "high",
      title: `${countOf(clients, "journey")} failed`,
      evidence: `${causes}${more > 0 ? `, and for ${countOf(more, "more cause")}` : ""}`,
      when:
        ended.length > 0
          ? {
              fromMs: Math.max(0, ended.reduce((a, b) => Math.min(a, b)) - 1000),
              toMs: ended.reduce((a, b) => Math.max(a, b)),
            }
          : null,
      remedy:
        "Follow one of these clients through history.jsonl by its number: what it asked last is where the stack let it down.",
    },
  ];
};
