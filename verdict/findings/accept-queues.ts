import { atMsOf } from "../fault-times.ts";
import { countOf, formatCount } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Connections that nobody took in in time: the kernel drops the attempt, and the client's tries again a second later. */
export const acceptQueues: Finder = ({ evidence }) => {
  const { record, startAtUs } = evidence;
  const seen = record.journal.flatMap((entry) =>
    entry.type === "machine" && entry.listenOverflows
      ? [{ count: entry.listenOverflows, atMs: atMsOf(entry, startAtUs) }]
      : [],
  );
  const [first] = seen;
  if (!first) return [];
  const attempts = seen.reduce((sum, { count }) => sum + count, 0);
  const most = seen.reduce((worst, one) => (one.count > worst.count ? one : worst));
  return [
    {
      severity: "medium",
      title: `${countOf(attempts, "attempt")} to connect found a full queue`,
      evidence: `listeners on this machine had no room for them in ${countOf(seen.length, "second")}; ${formatCount(most.count)} in the worst`,
      when: { fromMs: Math.max(0, first.atMs - 1000), toMs: seen.at(-1)!.atMs },
      remedy:
        "Accept faster (several sockets on one port; more processes), or let more wait: the backlog of listen, and net.core.somaxconn. Whoever is dropped tries again after one second, then three.",
    },
  ];
};
