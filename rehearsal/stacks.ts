import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { ExitCode, MatchdayError, PlanError, type Problem } from "../common/errors.ts";
import { dashboardsDir, toolsFile, toxiproxyPath } from "../common/paths.ts";
import type { SystemName } from "../common/systems.ts";
import { startContainerStack } from "../reference-stack/providers/containers/containers.ts";
import {
  attach,
  type StandingStack,
  standingStacks,
} from "../reference-stack/providers/containers/standing.ts";
import { startLocalStack } from "../reference-stack/providers/local.ts";
import type { Plan } from "../verdict/plan.ts";
import { checkedPort, clientsOf, mostEdges, wholeNumber } from "./given-numbers.ts";
import { capacity, type Machine } from "./machine.ts";
import type { StackStarter } from "./rehearse.ts";
import type { ChosenStack } from "./stack-choice.ts";

interface Tools {
  postgresBin: string;
  redisServer: string;
}

function readTools(): Tools {
  try {
    return JSON.parse(readFileSync(toolsFile, "utf8"));
  } catch (error) {
    throw new MatchdayError("NOT_SET_UP", "PostgreSQL and Redis have not been looked for yet", {
      hint: "run npm run setup",
      cause: error,
    });
  }
}

/** Where a run's stack comes from. */
export function stackStarter(chosen: ChosenStack, basePort?: string): StackStarter {
  const firstPort = checkedPort(basePort);
  if (chosen.standing) return standingStack(chosen.standing.id);
  return chosen.provider === "local" ? localStack(firstPort) : containerStack(firstPort);
}

/** The reference stack as native processes of this machine. */
function localStack(basePort: number | undefined): StackStarter {
  return ({ plan, lease, folder, signal }) =>
    startLocalStack({
      lease,
      signal,
      folder,
      edges: plan.edges,
      ...systemOf(plan),
      tools: { ...readTools(), toxiproxy: toxiproxyPath },
      ...(basePort === undefined ? {} : { basePort }),
    });
}

/** The reference stack in containers, which end with the run. */
function containerStack(basePort: number | undefined): StackStarter {
  return ({ plan, folder, signal, onStep }) =>
    startContainerStack({
      id: stackIdOf(plan.run),
      folder,
      edges: plan.edges,
      ...systemOf(plan),
      dashboardsDir,
      signal,
      onProgress: onStep,
      ...(basePort === undefined ? {} : { basePort }),
    });
}

/**
 * A name for an engine, which may serve several checkouts and several machines: a run's name is the only one of its own state
 * folder, and whoever removes a stack removes all of that name.
 */
export function stackIdOf(run: string): string {
  return `${run.toLowerCase()}-${randomBytes(3).toString("hex")}`;
}

/** A stack that stands already, as if it were new. */
function standingStack(id: string): StackStarter {
  return async ({ plan, folder }) => {
    const stack = await attach(id, { run: plan.run, folder });
    try {
      await stack.reset();
      // Those of the run before.
      await stack.spans();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  };
}

function systemOf({ system }: Plan) {
  const defect = system.id === "box-office" ? system.script.defect : undefined;
  return { system: system.id, design: system.design, ...(defect === undefined ? {} : { defect }) };
}

/** How many edges a stack gets: so many, or as many as a crowd needs here; a laptop's crowd unless told. */
export function edgesFor(size: { clients?: string; edges?: string }, machine: Machine): number {
  const problems: Problem[] = [];
  const edges =
    size.edges === undefined
      ? undefined
      : wholeNumber("edges", size.edges, { least: 1, most: mostEdges, such: 2 }, problems);
  const clients = clientsOf(size.clients ?? "2000", problems);
  const needed = capacity(machine, { clients });
  if ("problems" in needed) problems.push(...needed.problems);
  if (problems.length > 0 || "problems" in needed) throw new PlanError(problems);
  return edges ?? needed.edges;
}

export interface StandUpOptions {
  system: SystemName;
  edges: number;
  basePort: string | undefined;
  signal: AbortSignal;
  onStep(text: string): void;
}

/**
 * Starts a stack in containers that stands until it is taken down.
 * @throws MatchdayError STACK_STANDS when there is one already
 */
export async function standUp({
  system,
  edges,
  basePort,
  signal,
  onStep,
}: StandUpOptions): Promise<StandingStack> {
  const firstPort = checkedPort(basePort);
  const [already] = await standingStacks();
  if (already) {
    throw new MatchdayError("STACK_STANDS", `${already.id} stands already, with ${already.edges} edges`, {
      hint: "use it, or remove it first: matchday stack down",
      exitCode: ExitCode.usage,
    });
  }
  const stack = await startContainerStack({
    system,
    edges,
    design: "sse-redis",
    dashboardsDir,
    keep: true,
    signal,
    onProgress: onStep,
    ...(firstPort === undefined ? {} : { basePort: firstPort }),
  });
  await stack.stop();
  const [standing] = await standingStacks();
  return standing!;
}
