import type { StreamFinal } from "../common/records.ts";

/** How many clients one event counts for. */
export interface Owed {
  /** Owed it: they joined before it, and its deadline falls before their planned leave. */
  owed: number;
  /** Could get it: those, and who left between its publishing and its deadline. */
  possible: number;
}

/** Slow readers are owed no single event: they are taken to the newest state on purpose. */
export function owedTo(
  cohorts: StreamFinal["cohorts"],
  event: { seq: number; atMs: number; deadlineMs: number },
): Owed {
  const result = { owed: 0, possible: 0 };
  for (const { fromSeq, leaveMs, slow, clients } of cohorts) {
    if (slow || fromSeq >= event.seq || event.atMs > leaveMs) continue;
    result.possible += clients;
    if (event.atMs + event.deadlineMs <= leaveMs) result.owed += clients;
  }
  return result;
}
