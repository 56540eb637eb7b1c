import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StackShape } from "../chaos/contract.ts";
import { loadExperiment } from "../chaos/experiment.ts";
import { faultKinds } from "../chaos/faults/index.ts";
import { parseDuration } from "../common/duration.ts";
import { MatchdayError, messageOf, PlanError, type Problem } from "../common/errors.ts";
import type { Experiment } from "../common/experiment.ts";
import { quoted } from "../common/numbers.ts";
import { projectRoot } from "../common/paths.ts";
import { type DefectId, defects } from "../common/presale.ts";
import { readInput } from "../common/read-input.ts";
import { type PlannedSystem, type SystemName, systems } from "../common/systems.ts";
import { partsOf } from "../reference-stack/topology.ts";
import { scenarios } from "../scenarios/index.ts";
import { crowdJourneyProblems } from "../scenarios/journeys/problems.ts";
import { allowanceProblem } from "../verdict/allowance-check.ts";
import { parseBudget } from "../verdict/budget.ts";
import type { Budget } from "../verdict/contract.ts";
import type { Plan } from "../verdict/plan.ts";
import { invariantsOf } from "../verdict/systems/index.ts";
import { designs } from "./designs.ts";
import { clientsOf, portOf, wholeNumber } from "./given-numbers.ts";
import { capacity, type Machine } from "./machine.ts";
import { runName } from "./run-folder.ts";
import { type ChosenStack, stackProblems } from "./stack-choice.ts";

/** What a person asked for, as typed; nothing of it is checked yet. */
export interface RunRequest {
  scenario: string;
  clients?: string;
  duration?: string;
  design?: string;
  stack?: string;
  /** An experiment's name, a file, or `none`; the scenario's own experiment when absent. */
  chaos?: string;
  /** A budget file, or the name of a built-in one. */
  slo?: string;
  seed?: string;
  /** Where run folders are kept. */
  out?: string;
  /** First port of the stack. */
  basePort?: string;
  /** A bug of the reference stack that is planted on purpose. */
  defect?: string;
  /** The command line that repeats the run. */
  command: string;
}

const budgetsDir = join(projectRoot, "verdict", "budgets");

/** The share of requests and odds that are traced in quiet times (SDK: a recorded span costs some 6 µs). */
const traceShare = 0.01;
/** What a fault has broken is put together again in the seconds after its heal. */
const traceAfterHealMs = 3000;

/**
 * Makes the plan of a run.
 * @param chosen where its stack runs; see `chooseStack`
 * @throws PlanError with every problem at once
 */
export async function makePlan(
  request: RunRequest,
  machine: Machine,
  chosen: ChosenStack = { provider: "local" },
  at = new Date(),
): Promise<Plan> {
  const problems: Problem[] = [];
  const found = scenarios.get(request.scenario);
  if (!found) {
    problems.push({
      code: "SCENARIO_UNKNOWN",
      fact: `there is no scenario ${quoted(request.scenario)}`,
      remedy: `choose one of: ${[...scenarios.keys()].join(", ")}`,
    });
  }
  const clients = clientsOf(request.clients ?? String(found?.defaults.clients ?? 1), problems);
  const seed = wholeNumber("seed", request.seed ?? "1", { least: 0, such: 7 }, problems);
  portOf(request.basePort, problems);
  if (request.out?.trim() === "") {
    problems.push({
      code: "OUT_EMPTY",
      fact: "--out names no folder",
      remedy: "give a folder, or leave the flag out",
    });
  }
  const design = request.design ?? "sse-redis";
  if (!designs.some(({ id }) => id === design)) {
    problems.push({
      code: "DESIGN_UNKNOWN",
      fact: `there is no design ${quoted(design)}`,
      remedy: `choose one of: ${designs.map(({ id }) => id).join(", ")}`,
    });
  }
  problems.push(...stackProblems(request.stack));
  const capacityOf = capacity(machine, { clients });
  if ("problems" in capacityOf) problems.push(...capacityOf.problems);
  const system = found?.system ?? "live-scores";
  if (chosen.standing && chosen.standing.system !== system) {
    problems.push({
      code: "STACK_OF_OTHER_SYSTEM",
      fact: `${chosen.standing.id} is of the system ${chosen.standing.system}; ${request.scenario} rehearses ${system}`,
      remedy: `run matchday stack down, then matchday stack up --system ${system}; or give --stack local`,
    });
  }
  const defect = defectOf(request.defect, system, problems);
  const needed = "problems" in capacityOf ? { generators: 1, edges: 2 } : capacityOf;
  const edges = chosen.standing?.edges ?? needed.edges;
  if (edges < needed.edges) {
    problems.push({
      code: "STACK_TOO_SMALL",
      fact: `the stack that stands has ${edges} edges; ${clients} clients need ${needed.edges}`,
      remedy: `run matchday stack down, then matchday stack up --clients ${clients}`,
    });
  }
  const experiment = experimentOf(
    // A bug that only a fault brings about would pass without it, and teach that its invariant is blind.
    request.chaos ?? (defect && defects[defect].experiment) ?? found?.defaults.experiment ?? "none",
    partsOf(edges, { provider: chosen.provider, system }),
    problems,
  );
  const budget = await budgetOf(request.slo ?? found?.budget(clients), system, problems);
  const faultMs = Math.max(0, ...(experiment?.faults ?? []).map(({ atMs, forMs }) => atMs + forMs));

  const least = found?.leastDurationMs({ clients, faultMs, cores: machine.cores, seed }) ?? 0;
  const durationMs =
    request.duration === undefined
      ? Math.max(found?.defaults.durationMs ?? 0, least)
      : parseDuration(request.duration);
  if (durationMs === undefined) {
    problems.push({
      code: "DURATION_INVALID",
      fact: `--duration ${quoted(request.duration!)} is no duration, or more than 100 days`,
      remedy: "write it as 90s, 2m or 1m30s",
    });
  } else if (durationMs < least) {
    problems.push({
      code: "DURATION_TOO_SHORT",
      fact: `${request.scenario} with ${clients} clients and this experiment takes at least ${Math.ceil(least / 1000)}s; --duration is ${request.duration}`,
      remedy: `give --duration ${Math.ceil(least / 1000)}s or more, or leave it out`,
    });
  }
  if (problems.length > 0 || !found || durationMs === undefined || !budget) throw new PlanError(problems);

  const { script, ...planned } = found.plan({
    ...{ clients, durationMs, faultMs, cores: machine.cores, seed },
    faults: experiment?.faults ?? [],
  });
  const { journeys = [] } = planned.crowd;
  const wrong = crowdJourneyProblems(journeys, `scenarios/${found.id}.ts`, systems[system]);
  if (wrong.length > 0) throw new PlanError(wrong);
  const faultFromMs = planned.phases.find(({ name }) => name === "fault")?.fromMs ?? 0;
  const faults = (experiment?.faults ?? []).map((fault) => ({ ...fault, atMs: faultFromMs + fault.atMs }));
  const trace = {
    share: traceShare,
    windows: faults.map(({ atMs, forMs }) => ({ fromMs: atMs, toMs: atMs + forMs + traceAfterHealMs })),
  };
  return {
    version: 2,
    run: runName(found.id, at),
    scenario: found.id,
    title: found.title,
    system: plannedSystem(system, { design, script, defect }),
    stack: chosen.provider,
    seed,
    command: request.command,
    clients,
    durationMs,
    ...planned,
    deadlinesMs: found.deadlinesMs?.({ clients }) ?? {},
    faults,
    experiment: experiment?.id ?? null,
    trace,
    budget,
    generators: needed.generators,
    edges,
    sealed: true,
    machine: {
      os: machine.os,
      cpu: machine.cpu,
      cores: machine.cores,
      memoryBytes: machine.memoryBytes,
      node: machine.node,
      fileLimit: machine.fileLimit,
    },
  };
}

/** The script is that of its system: its scenario says so. */
function plannedSystem(
  id: SystemName,
  {
    design,
    script,
    defect,
  }: { design: string; script: PlannedSystem["script"]; defect: DefectId | undefined },
): PlannedSystem {
  const told = defect === undefined ? script : { ...script, defect };
  return { id, design, script: told } as PlannedSystem;
}

function defectOf(id: string | undefined, system: SystemName, problems: Problem[]): DefectId | undefined {
  if (id === undefined) return undefined;
  if (Object.hasOwn(defects, id) && system === "box-office") return id as DefectId;
  problems.push({
    code: "DEFECT_UNKNOWN",
    fact: Object.hasOwn(defects, id)
      ? `${system} has no defect ${quoted(id)}`
      : `there is no defect ${quoted(id)}`,
    remedy: `choose one of: ${Object.keys(defects).join(", ")}, with a scenario of the box office`,
  });
  return undefined;
}

function experimentOf(name: string, shape: StackShape, problems: Problem[]): Experiment | null {
  try {
    return loadExperiment(name, shape, allowanceProblem);
  } catch (error) {
    problems.push(...problemsOf(error));
    return null;
  }
}

/** Reads a budget file, or the built-in one of that name. */
export async function loadBudget(nameOrFile: string, system: SystemName): Promise<Budget> {
  const builtIn = join(budgetsDir, `${nameOrFile}.yaml`);
  const file = existsSync(builtIn) ? builtIn : nameOrFile;
  let text: string;
  try {
    text = readInput(file);
  } catch (error) {
    throw new PlanError([
      {
        code: "BUDGET_UNREADABLE",
        fact: `the budget ${quoted(nameOrFile)} cannot be read: ${messageOf(error)}`,
        remedy:
          "give a file in OpenSLO format, or one of: live-scores, live-scores-at-scale, presale, presale-at-scale",
      },
    ]);
  }
  const parsed = parseBudget(text, nameOrFile);
  if ("problems" in parsed) throw new PlanError(parsed.problems);
  const problems = [
    ...unknownFaults(parsed.budget, nameOrFile),
    ...ofOtherSystems(parsed.budget, { name: nameOrFile, system }),
  ];
  if (problems.length > 0) throw new PlanError(problems);
  return parsed.budget;
}

/** What a budget allows a fault that there is not would never hold. A fault is known by its kind, or as the second of it. */
function unknownFaults({ allowances = [] }: Budget, name: string): Problem[] {
  return allowances
    .filter(({ fault }) => !faultKinds.has(fault.replace(/-\d+$/, "")))
    .map(({ fault }) => ({
      code: "BUDGET_INVALID",
      fact: `${name}: matchday.dev/allow: there is no fault "${fault}"`,
      remedy: `the kinds are ${[...faultKinds.keys()].join(", ")}`,
    }));
}

/** What another system's budget asks for, this one never exercises. */
function ofOtherSystems(
  { invariants }: Budget,
  { name, system }: { name: string; system: SystemName },
): Problem[] {
  const strange = invariants.filter((id) => !invariantsOf(system).some((invariant) => invariant.id === id));
  return strange.length === 0
    ? []
    : [
        {
          code: "BUDGET_OF_OTHER_SYSTEM",
          fact: `${name}: ${system} has no invariant ${strange.join(", ")}`,
          remedy: `give a budget of ${system}; its invariants are ${invariantsOf(system)
            .map(({ id }) => id)
            .join(", ")}`,
        },
      ];
}

async function budgetOf(
  nameOrFile: string | undefined,
  system: SystemName,
  problems: Problem[],
): Promise<Budget | undefined> {
  if (nameOrFile === undefined) return undefined;
  try {
    return await loadBudget(nameOrFile, system);
  } catch (error) {
    problems.push(...problemsOf(error));
    return undefined;
  }
}

function problemsOf(error: unknown): Problem[] {
  if (error instanceof PlanError) return error.problems;
  if (error instanceof MatchdayError) {
    return [{ code: error.code, fact: error.message, remedy: error.hint }];
  }
  throw error;
}
