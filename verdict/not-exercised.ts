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
import type { Stretch } from "./stretches.ts";
import type { Reason } from "./trust.ts";
import { countOf, formatCount } from "./words.ts";

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
    ...notOfOneFault(judged),
    ...notAfterwards(judged),
    ...notOfAll(judged),
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

/**
 * What is within the allowance of a fault that is healed, and beyond what holds without it while another lasts, may be of either:
 * it is excused by nothing that is known.
 */
function notOfOneFault({ evidence }: Judged): Reason[] {
  const { plan, parts, disturbances } = evidence;
  const unsure = parts.stretches.filter((stretch) => stretch.unsure.length > 0);
  if (unsure.length === 0) return [];
  const strict = unsure.map((stretch) => ({
    ...stretch,
    allowing: stretch.allowing.filter((fault) => !stretch.unsure.includes(fault)),
  }));
  return plan.budget.objectives
    .filter((objective) => objective.slo?.sliceMs === undefined && !isOfWholeRun(specOf(objective)))
    .flatMap((objective) => {
      const rowsOf = (stretches: readonly Stretch[]) =>
        judgeObjective(objective, { ...evidence, parts: { ...parts, stretches } });
      const isBroken = rowsOf(strict).some(({ ok }) => ok === false);
      if (!isBroken || rowsOf(unsure).some(({ ok }) => ok === false)) return [];
      const healed = disturbances.filter((fault) => unsure.some((stretch) => stretch.unsure.includes(fault)));
      return [
        {
          fact: `${objective.id} was missed after ${bandsOf(healed)}, within what that is allowed, while another fault lasted: it may be of either`,
          cure: "run each of them alone, or leave more time between them",
        },
      ];
    });
}

/** What is about quiet times alone says nothing of those after a fault that the run never recovered from. */
function notAfterwards({ evidence: { plan, disturbances } }: Judged): Reason[] {
  const lasting = disturbances.filter(({ toMs }) => toMs === Number.POSITIVE_INFINITY);
  if (lasting.length === 0) return [];
  return plan.budget.objectives
    .filter(({ key, phase }) => key && (phase === "steady" || phase === "after"))
    .map(({ id }) => ({
      fact: `key objective ${id} is about quiet times, and the run was not steady again after ${bandsOf(lasting)}`,
      cure: "let it last longer, or judge that objective in all phases",
    }));
}

/** Who never came, or never caught up, is in no percentile of those who did. */
function notOfAll({ objectives, evidence: { plan, record, clients, measures } }: Judged): Reason[] {
  const notCaughtUp = record.generators.reduce(
    (sum, { final }) => sum + (final?.errors["resume: not caught up at the end"] ?? 0),
    0,
  );
  const missing: Record<string, [count: number, who: string]> = {
    resume: [notCaughtUp, "were not caught up at the end"],
    connect: [clients.failed, "never got a stream"],
    first_event: [clients.failed, "never got a stream"],
  };
  return plan.budget.objectives.flatMap((objective) => {
    const spec = specOf(objective);
    if (!objective.key || spec.kind !== "latency") return [];
    const [count, who] = missing[spec.measure] ?? [0, ""];
    const told = measures.summary(spec.measure)?.count ?? 0;
    const isJudged = objectives.some(({ id, ok }) => id === objective.id && ok === true);
    if (!isJudged || count <= (1 - spec.percentile / 100) * (told + count)) return [];
    return [
      {
        fact: `${objective.id} is that of ${countOf(told, "client")}, and ${formatCount(count)} more ${who}`,
        cure: "find out what kept them; or judge their share, too (clients.connectedRatio)",
      },
    ];
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
  if (fault && specOf(objective).kind === "delivery") {
    // What was published before it is owed while it lasts, and shows nothing of it.
    return evidence.delivery.events.some(({ atMs }) => atMs >= fault.fromMs && atMs < fault.toMs);
  }
  const stretches = evidence.parts.stretches.filter(({ faults }) => isMeant(faults));
  const rows = judgeObjective(objective, { ...evidence, parts: { ...evidence.parts, stretches } });
  return rows.some(({ ok }) => ok !== null);
}
