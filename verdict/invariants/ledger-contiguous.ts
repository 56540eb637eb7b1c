import type { Violation } from "../contract.ts";
import { type Invariant, mostViolations } from "./invariant.ts";

/** The ledger numbers each stream 1, 2, 3 … without a hole and without a number twice. */
export const ledgerContiguous: Invariant = {
  id: "ledger-contiguous",
  title: "The published sequence has no holes",
  needs: ["published.jsonl"],
  check({ record }) {
    const violations: Violation[] = [];
    const streams = Map.groupBy(record.published, ({ stream }) => stream);
    for (const [stream, entries] of streams) {
      const times = new Map<number, number>();
      for (const { seq } of entries) times.set(seq, (times.get(seq) ?? 0) + 1);
      let expected = 1;
      for (const seq of [...times.keys()].sort((a, b) => a - b)) {
        if (seq > expected) {
          const range = seq - 1 === expected ? `${expected} is` : `${expected} to ${seq - 1} are`;
          violations.push({ what: `${stream} ${range} missing`, stream, seq: expected });
        }
        if (seq < 1)
          violations.push({ what: `${stream} has the number ${seq}; the first is 1`, stream, seq });
        if (times.get(seq)! > 1) {
          violations.push({ what: `${stream} ${seq} is there ${times.get(seq)} times`, stream, seq });
        }
        expected = Math.max(expected, seq + 1);
      }
    }
    const more = violations.length - mostViolations;
    if (more > 0) violations.splice(mostViolations, more, { what: `${more} more` });
    return { checked: record.published.length, violations, delayCouldExplain: false };
  },
};
