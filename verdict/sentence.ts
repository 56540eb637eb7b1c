import { formatMs } from "../common/duration.ts";
import type { JudgedFault, JudgedInvariant, JudgedObjective, Outcome } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import type { Presale } from "./presale/presale.ts";
import { rolesOf } from "./presale/steps.ts";
import type { Reason } from "./trust.ts";
import { countOf, formatCount, formatRatio, formatTarget, formatValue } from "./words.ts";

/** What has been judged, before it is put into words. */
export interface Judgement {
  outcome: Outcome;
  reasons: readonly Reason[];
  objectives: readonly JudgedObjective[];
  invariants: readonly JudgedInvariant[];
  faults: readonly JudgedFault[];
  evidence: Evidence;
}

/** The one sentence that the report begins with. */
export function sentenceOf(judgement: Judgement): string {
  switch (judgement.outcome) {
    case "pass":
      return `Passed: ${achievement(judgement)}${faultClause(judgement.faults)}.`;
    case "fail":
      return `Failed: ${worstOf(judgement)}.`;
    case "unknown":
      return `Unknown: ${unknownBecause(judgement.reasons)}.`;
  }
}

/** `2,000 of 2,000 fans saw the goal within 412 ms (p99)`: of the goal that fewest saw. */
function achievement(judgement: Judgement): string {
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

/** `, while Redis was away for 10 s and edge-2 was down for 8 s` */
function faultClause(faults: readonly JudgedFault[]): string {
  if (faults.length === 0) return "";
  const clauses = faults.map(
    ({ band, fromMs, toMs }) => `${bandAsClause(band)} for ${formatMs(wholeSeconds(toMs - fromMs))}`,
  );
  return `, while ${clauses.length === 1 ? clauses[0] : `${clauses.slice(0, -1).join(", ")} and ${clauses.at(-1)}`}`;
}

/** A band is a label, `Redis away`; where its end is how something can be, it reads as a sentence. */
function bandAsClause(band: string): string {
  const [, what, state] =
    /^(.+?) (away|unreachable|down|crashed|gone|dead|slow|late|late by .+|without .+|paused|frozen|hung)$/.exec(
      band,
    ) ?? [];
  if (what === undefined) return `“${band}” lasted`;
  if (/^(Last|First|All|Payment provider)\b/.test(what)) return `the ${what.toLowerCase()} was ${state}`;
  return what === "Payments" ? `payments were ${state}` : `${what} was ${state}`;
}

/** The journal is exact to the millisecond; a fault of 10.02 s was one of 10 s. */
const wholeSeconds = (ms: number) => (ms >= 1000 ? Math.round(ms / 100) * 100 : ms);

/** What failed worst, with observed and target, and how much else failed. */
export function worstOf({
  objectives,
  invariants,
  faults,
}: Pick<Judgement, "objectives" | "invariants" | "faults">): string {
  const failed = objectives
    .filter(({ ok }) => ok === false)
    .sort((a, b) => Number(b.key) - Number(a.key) || overshoot(b) - overshoot(a));
  const told = (objective: JudgedObjective) =>
    `${objective.title} was ${formatValue(objective.observed!, objective.unit)}, and its target is ${formatTarget(objective)}${
      objective.phase === "all" ? "" : ` (${objective.phase})`
    }`;
  const never = (objective: JudgedObjective) => overshoot(objective) === Number.POSITIVE_INFINITY;
  const clauses = [
    // What must never be is worse than what was too slow, or too much.
    ...failed.filter(never).map(told),
    ...invariants
      .filter(({ ok }) => ok === false)
      .map(({ id, violations }) => `${violations[0]!.what} (${id})`),
    ...failed.filter((objective) => !never(objective)).map(told),
    ...faults.flatMap((fault) =>
      fault.expectations
        .filter(({ ok }) => ok === false)
        .map(({ id, observed }) => `${fault.id} did not keep to ${id}: ${observed}`),
    ),
  ];
  const more = clauses.length - 1;
  return `${clauses[0]}${more > 0 ? `; ${formatCount(more)} more failed` : ""}`;
}

/** How far beyond its target: 1 is on it. A target that allows nothing is beyond all measure once it is missed. */
function overshoot({ observed, target, op, unit }: JudgedObjective): number {
  if (observed === null) return 0;
  if (op === "gt" || op === "gte") {
    return unit === "ratio" ? (1 - observed) / Math.max(1e-9, 1 - target) : target / Math.max(1e-9, observed);
  }
  return target === 0 ? Number.POSITIVE_INFINITY : observed / target;
}

function unknownBecause(reasons: readonly Reason[]): string {
  const [first, ...others] = reasons;
  if (!first) return "nothing was judged";
  const more = others.length > 0 ? ` (and ${countOf(others.length, "more reason")})` : "";
  return `${first.fact}${more}. To cure it: ${first.cure}`;
}
