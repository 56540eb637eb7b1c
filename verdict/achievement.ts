import { formatMs } from "../common/duration.ts";
import { percentileMs } from "../measurements/histograms.ts";
import type { Judgement } from "./sentence.ts";
import { formatCount, formatRatio } from "./words.ts";

/** What was achieved apart from the faults, where they can be told apart. */
export function quietAchievement(judgement: Judgement): string {
  const { parts, system } = judgement.evidence;
  const own = system.achievement?.(judgement);
  if (own !== undefined) return own;
  const quiet = parts.stretches.filter(({ faults }) => faults.length === 0);
  const goals = parts.histogram("event_age{class=goal}", quiet);
  if (goals) return `In quiet times a goal took ${formatMs(percentileMs(goals, 99))} (p99)`;
  const { ratio, expected } = parts.delivery(quiet);
  return expected === 0
    ? achievement(judgement)
    : `In quiet times ${formatRatio(ratio)} of ${formatCount(expected)} events came in time`;
}

/** `2,000 of 2,000 fans saw the goal within 412 ms (p99)`: of the goal that fewest saw. */
export function achievement(judgement: Judgement): string {
  const { delivery, measures, clients, system } = judgement.evidence;
  const own = system.achievement?.(judgement);
  if (own !== undefined) return own;
  const goals = delivery.events.filter((event) => event.class === "goal");
  const share = (event: (typeof goals)[number]) => (event.onTime + event.late) / event.expected;
  const goal = goals.toSorted((a, b) => share(a) - share(b) || b.expected - a.expected)[0];
  const age = measures.summary("event_age{class=goal}");
  if (goal && age) {
    const which = goals.length === 1 ? "the goal" : "every goal";
    return `${formatCount(goal.onTime + goal.late)} of ${formatCount(goal.expected)} fans saw ${which} within ${formatMs(age.p99Ms)} (p99)`;
  }
  const { expected, ratio } = delivery.total;
  return `${formatCount(clients.connected)} of ${formatCount(clients.planned)} fans came, and ${formatRatio(ratio)} of ${formatCount(expected)} events reached them in time`;
}
