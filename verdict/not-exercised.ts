import { bandsOf } from "./blame.ts";
import type { Objective } from "./contract.ts";
import { type Disturbance, touches } from "./disturbances.ts";
import { type EventCount, eventsBySecond } from "./event-counts.ts";
import type { Evidence } from "./evidence.ts";
import { isOfWholeRun } from "./measure-spec.ts";
import { judgeObjective, specOf } from "./objectives.ts";
import { phasesOf } from "./phases.ts";
import type { Judgement } from "./sentence.ts";
import { noSliceBecause, slicesOf } from "./slices.ts";
import type { Reason } from "./trust.ts";

type Judged = Omit<Judgement, "outcome" | "reasons">;

const longer = "use a longer --duration, or a scenario that exercises it";

/** What this run says nothing of: objectives, invariants, and expectations of faults. */
export function untestedOf({ objectives, invariants, faults }: Judged): string[] {
  const open = ({ ok }: { ok: boolean | null }) => ok === null;
  return [
    ...objectives.filter(open).map(({ id }) => id),
    ...invariants.filter(open).map(({ id }) => id),
    ...faults.flatMap(({ id, expectations }) =>
      expectations.filter(open).map((expectation) => `${id}: ${expectation.id}`),
    ),
  ];
}

/** What a pass would have to know: key objectives, in quiet times and while a fault lasts; invariants; expectations. */
export function notKnown(judged: Judged): Reason[] {
  const { objectives, invariants, faults, evidence } = judged;
  return [
    ...objectives
      .filter(({ ok, key }) => ok === null && key)
      .map(({ id, measure, phase }) => {
        const inVain = `no ${measure} in ${phase === "all" ? "the run" : `phase ${phase}`}`;
        const objective = evidence.plan.budget.objectives.find((candidate) => candidate.id === id)!;
        return {
          fact: `key objective ${id} was not exercised: ${noSliceBecause(objective, evidence) ?? inVain}`,
          cure: longer,
        };
      }),
    ...notInEachPart(judged),
    ...invariants
      .filter(({ ok }) => ok === null)
      .map(({ id }) => ({
        fact: `invariant ${id} was not exercised: there was nothing to look at`,
        cure: longer,
      })),
    ...faults.flatMap(({ id, expectations }) =>
      expectations
        .filter(({ ok }) => ok === null)
        .map((expectation) => ({
          fact: `${id} could not be held to ${expectation.id}: ${expectation.observed}`,
          cure: "run that fault alone, or give the run more time after it",
        })),
    ),
  ];
}

/**
 * A key objective that is about every phase has to be seen in quiet times, and under each fault of the run: a fault that fell
 * where there was nothing to see has proved nothing.
 */
function notInEachPart({ objectives, evidence }: Judged): Reason[] {
  const { disturbances, plan } = evidence;
  if (disturbances.length === 0) return [];
  const seen = new Set(objectives.filter(({ ok }) => ok !== null).map(({ id }) => id));
  return plan.budget.objectives
    .filter(({ id, key }) => key && seen.has(id))
    .filter((objective) => !isOfWholeRun(specOf(objective)))
    .flatMap((objective) => {
      const { id, measure, phase } = objective;
      const reasons: Reason[] = [];
      const isQuiet = phasesOf(phase).some((name) => name !== "fault");
      if (isQuiet && !comesOfFaults(measure) && !isSeen(objective, undefined, evidence)) {
        reasons.push({
          fact: `key objective ${id} was not exercised in quiet times: no ${measure} but while faults lasted`,
          cure: "let the fault begin later or end sooner, or choose a scenario that exercises it before and after",
        });
      }
      if (!phasesOf(phase).includes("fault")) return reasons;
      const unseen = disturbances.filter((fault) => !isSeen(objective, fault, evidence));
      if (unseen.length > 0) {
        reasons.push({
          fact: `key objective ${id} was not exercised while faults lasted (${bandsOf(unseen)}): no ${measure}`,
          cure: "let the fault last longer, or choose a scenario that exercises it meanwhile",
        });
      }
      return reasons;
    });
}

/** Nobody resumes, and nothing is bad for anybody, as long as all is well. */
const comesOfFaults = (measure: string) => /^(resume|bad_time)\b/.test(measure);

/** Whether anything was observed of an objective while a fault lasted; without one, while none did. */
function isSeen(objective: Objective, fault: Disturbance | undefined, evidence: Evidence): boolean {
  const isMeant = (faults: readonly Disturbance[]) => (fault ? faults.includes(fault) : faults.length === 0);
  const sliceMs = objective.slo?.sliceMs;
  if (sliceMs !== undefined) {
    const counts = eventsBySecond(objective, evidence) ?? new Map<number, EventCount>();
    return slicesOf(objective, evidence).slices.some(({ atMs }) =>
      [...counts].some(([index, { total }]) => {
        const second = { fromMs: index * 1000, toMs: index * 1000 + 1000 };
        if (total === 0 || second.fromMs < atMs || second.toMs > atMs + sliceMs) return false;
        return isMeant(evidence.disturbances.filter((disturbance) => touches(disturbance, second)));
      }),
    );
  }
  const stretches = evidence.parts.stretches.filter(({ faults }) => isMeant(faults));
  const rows = judgeObjective(objective, { ...evidence, parts: { ...evidence.parts, stretches } });
  return rows.some(({ ok }) => ok !== null);
}
