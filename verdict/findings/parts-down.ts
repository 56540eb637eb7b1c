import { formatMs } from "../../common/duration.ts";
import type { Finding } from "../contract.ts";
import { atMsOf } from "../fault-times.ts";
import { countOf } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Parts that went down although nobody took them down, and errors that the run wrote down. */
export const partsDown: Finder = ({ evidence: { record, startAtUs, seconds } }) => {
  const found: Finding[] = [];
  const end = seconds.at(-1)?.toMs ?? 0;
  // Before the start instant there is no place on the charts.
  const when = (fromMs: number, toMs: number) =>
    startAtUs === 0 || toMs < 0 ? null : { fromMs: Math.max(0, fromMs), toMs };
  for (const [position, entry] of record.journal.entries()) {
    if (entry.type !== "part" || entry.state !== "down" || entry.planned) continue;
    const fromMs = atMsOf(entry, startAtUs);
    const up = record.journal
      .slice(position + 1)
      .find((later) => later.type === "part" && later.part === entry.part && later.state === "up");
    found.push({
      severity: "high",
      title: `${entry.part} went down by itself`,
      evidence: `${startAtUs === 0 ? "before the start" : `at ${formatMs(fromMs)}`}${entry.detail ? `: ${entry.detail}` : ""}`,
      when: when(fromMs, up ? atMsOf(up, startAtUs) : Math.max(end, fromMs)),
      remedy: `Read the end of the log of ${entry.part} in the run folder.`,
    });
  }
  const errors = record.journal.filter((entry) => entry.type === "error");
  for (const [code, entries] of Map.groupBy(errors, (entry) => entry.code)) {
    const fromMs = atMsOf(entries[0]!, startAtUs);
    found.push({
      severity: "medium",
      title: `The run met an error: ${code}`,
      evidence: `${entries[0]!.fact}${entries.length > 1 ? ` (${countOf(entries.length, "time")})` : ""}`,
      when: when(fromMs, atMsOf(entries.at(-1)!, startAtUs)),
      remedy: "See journal.jsonl in the run folder for what was done before and after it.",
    });
  }
  return found;
};
