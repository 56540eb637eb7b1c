import { ExitCode, MatchdayError } from "../common/errors.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { byUser } from "./by-user.ts";
import type { JudgedObjective, Objective, Outcome, Verdict } from "./contract.ts";
import { errorBudgetOf } from "./error-budget.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { expectationFailure, type Failure, invariantFailure, objectiveFailure } from "./failures.ts";
import { judgeFault } from "./faults.ts";
import { findingsOf } from "./findings/index.ts";
import { checkInvariant, type Invariant, judgeInvariant } from "./invariants/invariant.ts";
import { journeysOf } from "./journeys.ts";
import { notKnown, untestedOf } from "./not-exercised.ts";
import { judgeObjective } from "./objectives.ts";
import type { Plan } from "./plan.ts";
import { scoreOf } from "./score.ts";
import { type Judgement, sentenceOf, worstOf } from "./sentence.ts";
import { judgeSlices } from "./slices.ts";
import { invariants } from "./systems/index.ts";
import { type Reason, type Trust, trustOf } from "./trust.ts";

/**
 * Judges a saved run: from its plan and its record only, so that it gives the same answer a year later.
 * @throws MatchdayError BUDGET_INVALID when the plan's budget names a measure or an invariant that is not there.
 */
export function judge(plan: Plan, record: RunRecord): Verdict {
  const evidence = evidenceOf(plan, record);
  const trust = trustOf(evidence);
  const errorBudgets = plan.budget.objectives.flatMap(
    (objective) => errorBudgetOf(objective, evidence) ?? [],
  );
  const used = new Map(errorBudgets.map((budget) => [budget.id, budget.used]));
  const objectives = plan.budget.objectives
    .flatMap((objective) => judgeInFull(objective, evidence))
    .map((row) => ({ ...row, errorBudgetUsed: used.get(row.id) ?? null }));
  const checks = plan.budget.invariants.map((id) => {
    const invariant = invariantNamed(id);
    const check = checkInvariant(invariant, evidence);
    return { check, judged: judgeInvariant(invariant, check) };
  });
  const judgedInvariants = checks.map(({ judged }) => judged);
  const faults = evidence.faults.map((fault) => judgeFault(fault, evidence));
  const failures = [
    ...objectives.map((objective) => objectiveFailure(objective, evidence, trust.starvation)),
    ...checks.map(({ judged, check }) => invariantFailure(judged, check, evidence, trust.starvation)),
    ...faults.map((fault) => expectationFailure(fault, evidence, trust.starvation)),
  ].filter((failure) => failure !== undefined);
  const judged = { objectives, invariants: judgedInvariants, faults, evidence };
  const { outcome, reasons } = decide({ trust, failures, ...judged });
  const judgement: Judgement = { outcome, reasons, ...judged };
  const { delivery, measures } = evidence;
  const journeys = journeysOf(evidence);
  const users = byUser(evidence);
  return {
    schema: "matchday.verdict/2",
    verdict: outcome,
    sentence: sentenceOf(judgement),
    score: scoreOf(plan.budget, judged),
    run: plan.run,
    scenario: plan.scenario,
    design: plan.system.design,
    stack: plan.stack,
    startedAt: plan.startedAt ?? "",
    durationMs: plan.durationMs,
    seed: plan.seed,
    command: plan.command,
    machine: plan.machine,
    clients: evidence.clients,
    measures: measures.summaries(),
    delivery: delivery.total,
    ...(journeys ? { journeys } : {}),
    ...(users ? { users } : {}),
    phases: plan.phases.map(({ name, fromMs, toMs }) => ({
      name,
      fromMs,
      toMs,
      measures: measures.summaries([name]),
      delivery: delivery.over([name]),
    })),
    objectives,
    errorBudgets,
    untested: untestedOf(judged),
    ...(plan.budget.untested ? { untestedAs: plan.budget.untested } : {}),
    invariants: judgedInvariants,
    faults,
    generator: { ...trust.generator, reasons: reasons.map(({ fact, cure }) => `${fact}. Cure: ${cure}.`) },
    findings: findingsOf({ ...judgement, trust }),
  };
}

/** One of slices is judged over the whole run; any other in each phase. */
function judgeInFull(objective: Objective, evidence: Evidence): JudgedObjective[] {
  return objective.slo?.sliceMs === undefined
    ? judgeObjective(objective, evidence)
    : [judgeSlices(objective, evidence)];
}

function invariantNamed(id: string): Invariant {
  const invariant = invariants.find((candidate) => candidate.id === id);
  if (invariant) return invariant;
  throw new MatchdayError("BUDGET_INVALID", `there is no invariant "${id}"`, {
    hint: `the invariants are ${invariants.map((candidate) => candidate.id).join(", ")}`,
    exitCode: ExitCode.unknown,
  });
}

interface Judged extends Omit<Judgement, "outcome" | "reasons"> {
  trust: Trust;
  failures: readonly Failure[];
}

/**
 * Data that cannot be trusted says nothing; a failure stands, unless a machine short of CPU explains all of it; a pass
 * needs everything exercised that it depends on.
 */
function decide(judged: Judged): { outcome: Outcome; reasons: Reason[] } {
  const { trust, failures, objectives, invariants: judgedInvariants } = judged;
  if (trust.reasons.length > 0) return { outcome: "unknown", reasons: trust.reasons };
  const exercised = [...objectives, ...judgedInvariants].filter(({ ok }) => ok !== null).length;
  if (failures.length > 0) {
    if (failures.some(({ explained }) => !explained)) return { outcome: "fail", reasons: [] };
    return {
      outcome: "unknown",
      reasons: [
        {
          fact: `${worstOf(judged)}; but this machine had no CPU left for stack and generators together`,
          cure: "use fewer clients, or a second machine for the generators",
        },
      ],
    };
  }
  const reasons = [...trust.notExercised, ...notKnown(judged)];
  if (exercised === 0 && reasons.length === 0) {
    reasons.push({
      fact: "nothing was exercised: the budget judges nothing of this run",
      cure: "give a budget with --slo FILE",
    });
  }
  return { outcome: reasons.length > 0 ? "unknown" : "pass", reasons };
}
