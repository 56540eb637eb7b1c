import { percentileMs } from "../measurements/histograms.ts";
import type { UserImpact } from "./contract.ts";
import type { Evidence } from "./evidence.ts";

/**
 * What late events cost the clients, one by one: an outage in which everybody missed one goal, and one in which a few missed
 * all, are the same to a ratio. What is lost for good has no end, and is in no bad time. `undefined` where the crowd did not
 * tell, or nobody followed a stream.
 */
export function byUser(evidence: Evidence): UserImpact | undefined {
  const { record, clients, slowClients, measures, delivery } = evidence;
  const told = record.generators.flatMap(({ final }) => final?.users ?? []);
  const followed = clients.connected - slowClients;
  if (told.length === 0 || followed <= 0 || delivery.total.expected === 0) return undefined;
  const badTimes = measures.histogram("bad_time");
  const spared = followed - Math.min(followed, badTimes?.totalCount ?? 0);
  const badTimeMs = (percentile: number) => {
    const rank = (percentile / 100) * followed - spared;
    return badTimes && rank > 0 ? percentileMs(badTimes, (rank / badTimes.totalCount) * 100) : 0;
  };
  return {
    clients: followed,
    withLateGoal: told.reduce((sum, { late }) => sum + (late.goal ?? 0), 0),
    badTimeP50Ms: badTimeMs(50),
    badTimeP99Ms: badTimeMs(99),
  };
}
