import { formatMs } from "../common/duration.ts";
import { percentileMs } from "../measurements/histograms.ts";
import { wholeSeconds } from "./fault-clauses.ts";
import type { Presale } from "./presale/presale.ts";
import { rolesOf } from "./presale/steps.ts";
import type { Judgement } from "./sentence.ts";
import { countOf, formatCount, formatRatio } from "./words.ts";

/** What was achieved apart from the faults, where they can be told apart. */
export function quietAchievement(judgement: Judgement): string {
  const { parts, presale } = judgement.evidence;
  if (presale) return achievement(judgement);
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
  const { delivery, measures, clients, presale } = judgement.evidence;
  if (presale) return saleOf(judgement, presale);
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

/** `1,250 of 1,250 seats sold in 48 s, none twice, to 625 of 5,000 who joined within 412 ms (p99)` */
function saleOf({ evidence, invariants }: Judgement, { books, told }: Presale): string {
  const { plan, measures, startAtUs } = evidence;
  const sold = [...books.seats.values()].filter(({ state }) => state === "sold").length;
  const all = books.sections.reduce((sum, { seats }) => sum + seats, 0);
  const clients = [...told.values()];
  const buyers = clients.filter(({ confirmed }) => confirmed.length > 0);
  const joined = clients.filter(({ ordinals }) => ordinals.length > 0);
  const lastUs = buyers.reduce((last, { end }) => Math.max(last, end?.atUs ?? 0), startAtUs);
  const inMs = wholeSeconds((lastUs - startAtUs) / 1000);
  const once = invariants.some(({ id, ok }) => id === "no-seat-sold-twice" && ok) ? ", none twice," : "";
  const [step] = [...rolesOf(plan.crowd.journeys ?? [])].find(([, role]) => role === "join") ?? [];
  const join = step === undefined ? undefined : measures.summary(`request{step=${step}}`);
  const within = join ? ` within ${formatMs(join.p99Ms)} (p99)` : "";
  return `${formatCount(sold)} of ${countOf(all, "seat")} sold in ${formatMs(inMs)}${once} to ${formatCount(buyers.length)} of ${formatCount(joined.length)} who joined${within}`;
}
