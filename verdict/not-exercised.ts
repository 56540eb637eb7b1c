import { bandsOf } from "./blame.ts";
import type { JudgedObjective } from "./contract.ts";
import { isOfWholeRun, specOf } from "./objectives.ts";
import { phasesOf } from "./phases.ts";
import type { Judgement } from "./sentence.ts";
import { noSliceBecause } from "./slices.ts";
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
    ...notWhileFaultsLast(judged),
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

/** A key objective that is about every phase has to be seen under the faults of the run, too. */
function notWhileFaultsLast({ objectives, evidence }: Judged): Reason[] {
  const { disturbances, plan } = evidence;
  if (disturbances.length === 0) return [];
  return plan.budget.objectives
    .filter((objective) => objective.key && phasesOf(objective.phase).includes("fault"))
    .filter((objective) => !isOfWholeRun(specOf(objective)))
    .flatMap(({ id, measure }) => {
      const rows = objectives.filter((row: JudgedObjective) => row.id === id && row.ok !== null);
      if (rows.length === 0 || rows.some(({ phase }) => phase === "fault" || phase === "all")) return [];
      return [
        {
          fact: `key objective ${id} was not exercised while faults lasted (${bandsOf(disturbances)}): no ${measure}`,
          cure: "let the fault last longer, or choose a scenario that exercises it meanwhile",
        },
      ];
    });
}
