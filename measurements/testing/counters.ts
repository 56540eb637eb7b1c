import type { CrowdCounters } from "../../common/records.ts";

/** Counters of a crowd that has seen nothing yet, for made-up records. */
export function noCounters(): CrowdCounters {
  return {
    planned: 0,
    open: 0,
    connected: 0,
    connectErrors: 0,
    disconnects: 0,
    resumes: 0,
    events: 0,
    onTime: 0,
    late: 0,
    duplicate: 0,
    reordered: 0,
    misdelivered: 0,
    bytes: 0,
    journeysCompleted: 0,
    journeysRejected: 0,
    journeysAbandoned: 0,
    journeysFailed: 0,
  };
}
