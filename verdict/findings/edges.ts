import { formatMs } from "../../common/duration.ts";
import type { PartFigures } from "../../common/records.ts";
import type { Finding } from "../contract.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** A loop that hangs this long is seen by every client of the edge; half a second is a fourth of a goal's deadline. */
const highLoopLagMs = 100;
const severeLoopLagMs = 500;
/** Figures are those of the seconds before. */
const startUpMs = 2000;
/** Held back for clients that do not take it. */
const highBacklogBytes = 16 * 1024 * 1024;

/** What the edges' own figures say of them: event loop, backlog, slow clients. */
export const edgeLoad: Finder = ({ evidence }) => {
  const found: Finding[] = [];
  // What a part did before the run began is in its first figures.
  const parts = Map.groupBy(
    evidence.record.stack.filter(({ atMs }) => atMs >= startUpMs),
    ({ part }) => part,
  );
  const peaks = [...parts.entries()].map(([part, figures]) => ({
    part,
    lag: peakOf(figures, "eventLoopLagP99Ms"),
    backlog: peakOf(figures, "backlogBytes"),
    slow: peakOf(figures, "slowClients"),
  }));
  const lagging = peaks
    .filter(({ lag }) => lag.value > highLoopLagMs)
    .sort((a, b) => b.lag.value - a.lag.value);
  if (lagging.length > 0) {
    const worst = lagging[0]!;
    found.push({
      severity: worst.lag.value > severeLoopLagMs ? "high" : "medium",
      title: `Event loop of ${listed(lagging)} hung for up to ${formatMs(worst.lag.value)}`,
      evidence: `event-loop lag p99 above ${formatMs(highLoopLagMs)}; ${worst.part} had ${formatMs(worst.lag.value)} at ${formatMs(worst.lag.atMs)}`,
      when: around(worst.lag.atMs),
      remedy: worst.part.startsWith("edge")
        ? "More edges, so that each fans out to fewer clients; or write in slices that give the loop back in between."
        : `More processes of ${worst.part.replace(/-\d+$/, "")}, or less work at once: what came together while something was away is best taken in slices.`,
    });
  }
  const backlogged = peaks
    .filter(({ backlog }) => backlog.value > highBacklogBytes)
    .sort((a, b) => b.backlog.value - a.backlog.value);
  if (backlogged.length > 0) {
    const worst = backlogged[0]!;
    found.push({
      severity: "medium",
      title: `${listed(backlogged)} held back up to ${formatMiB(worst.backlog.value)} for slow clients`,
      evidence: `${worst.part} at ${formatMs(worst.backlog.atMs)}`,
      when: around(worst.backlog.atMs),
      remedy: "Cut clients over to the newest state sooner: bound what an edge buffers for each of them.",
    });
  }
  const slow = peaks.reduce((sum, peak) => sum + peak.slow.value, 0);
  if (slow > evidence.slowClients) {
    const worst = peaks.toSorted((a, b) => b.slow.value - a.slow.value)[0]!;
    found.push({
      severity: "medium",
      title: `${countOf(slow, "client")} cut over as slow, and only ${formatCount(evidence.slowClients)} read slowly`,
      evidence: `${worst.part} cut over ${formatCount(worst.slow.value)}, seen at ${formatMs(worst.slow.atMs)}`,
      when: around(worst.slow.atMs),
      remedy: "Give a client longer, or more bytes, before it counts as slow: a burst is not a slow client.",
    });
  }
  return found;
};

function peakOf(
  figures: readonly PartFigures[],
  field: "eventLoopLagP99Ms" | "backlogBytes" | "slowClients",
) {
  return figures.reduce(
    (peak, entry) => ((entry[field] ?? 0) > peak.value ? { value: entry[field]!, atMs: entry.atMs } : peak),
    { value: 0, atMs: 0 },
  );
}

const around = (atMs: number) => ({ fromMs: Math.max(0, atMs - 2000), toMs: atMs + 2000 });

const formatMiB = (bytes: number) => `${formatCount(bytes / 1024 / 1024)} MiB`;

function listed(peaks: readonly { part: string }[]): string {
  return peaks.length <= 2
    ? peaks.map(({ part }) => part).join(" and ")
    : `${peaks[0]!.part} and ${peaks.length - 1} more`;
}
