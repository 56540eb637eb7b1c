import type { Violation } from "../contract.ts";
import { type Invariant, mostViolations } from "./invariant.ts";

/** No client reads an event of a stream that it does not follow, or that is for another client. */
export const nothingMisdelivered: Invariant = {
  id: "nothing-misdelivered",
  title: "No event reaches the wrong client",
  // Each that was counted is one, whatever else is missing.
  needs: [],
  check({ record, delivery }) {
    const count = delivery.total.misdelivered;
    const checked = record.generators
      .map(({ final, intervals }) => (final ?? intervals.at(-1))?.counters.events ?? 0)
      .reduce((sum, events) => sum + events, 0);
    const violations: Violation[] = record.anomalies
      .filter(({ kind }) => kind === "misdelivered")
      .slice(0, Math.min(mostViolations, count))
      .map(({ client, stream, seq, detail }) => ({
        what: `client ${client} got ${stream} ${seq}, which is not for it${detail ? `: ${detail}` : ""}`,
        client,
        stream,
        seq,
      }));
    const more = count - violations.length;
    if (more > 0) {
      violations.push({
        what: `${more.toLocaleString("en")} ${violations.length > 0 ? "more " : ""}misdelivered`,
      });
    }
    return { checked, violations, delayCouldExplain: false };
  },
};
