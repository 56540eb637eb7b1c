import { formatMs } from "../../common/duration.ts";
import { formatCount, formatRatio } from "../words.ts";
import type { Finder } from "./finding.ts";

/** The fullest edge may hold this much more than its fair share. */
const evenWithin = 1.5;
/** Of few clients, any spread is chance. */
const leastClients = 50;

/** Clients that went to other edges when theirs failed, and stayed unevenly spread. */
export const rehoming: Finder = ({ evidence }) => {
  if (evidence.faults.length === 0) return [];
  const healedAt = Math.max(...evidence.faults.map(({ toMs }) => toMs));
  const leaveMs = evidence.plan.crowd.leaveAtMs;
  const edges = evidence.record.stack.filter(
    ({ kind, atMs, up, connections }) =>
      kind === "edge" && atMs > healedAt && atMs < leaveMs && up && connections !== undefined,
  );
  const last = [...Map.groupBy(edges, ({ part }) => part).values()].map((figures) =>
    figures.reduce((newest, entry) => (entry.atMs > newest.atMs ? entry : newest)),
  );
  const total = last.reduce((sum, { connections }) => sum + connections!, 0);
  if (last.length < 2 || total < leastClients) return [];
  const sorted = last.toSorted((a, b) => b.connections! - a.connections!);
  const [fullest, emptiest] = [sorted[0]!, sorted.at(-1)!];
  const fair = total / last.length;
  if (fullest.connections! <= evenWithin * fair) return [];
  return [
    {
      severity: "medium",
      title: `Clients came back unevenly: ${fullest.part} holds ${formatRatio(fullest.connections! / total)} of them`,
      evidence: `at ${formatMs(fullest.atMs)} ${fullest.part} holds ${formatCount(fullest.connections!)} and ${emptiest.part} ${formatCount(emptiest.connections!)}; a fair share is ${formatCount(fair)}`,
      when: { fromMs: healedAt, toMs: fullest.atMs },
      remedy:
        "Have clients choose the next edge at random, not in the order of the list, and shed some load back when an edge returns.",
    },
  ];
};
