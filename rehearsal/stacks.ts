import { readFileSync } from "node:fs";
import { ExitCode, MatchdayError } from "../common/errors.ts";
import { dashboardsDir, toolsFile, toxiproxyPath } from "../common/paths.ts";
import { startContainerStack } from "../reference-stack/providers/containers/containers.ts";
import { startLocalStack } from "../reference-stack/providers/local.ts";
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
  const firstPort = portOf(basePort);
  return chosen.provider === "local" ? localStack(firstPort) : containerStack(firstPort);
}

/** The reference stack as native processes of this machine. */
function localStack(basePort: number | undefined): StackStarter {
  return ({ plan, lease, folder }) =>
    startLocalStack({
      lease,
      folder,
      edges: plan.edges,
      design: plan.design,
      tools: { ...readTools(), toxiproxy: toxiproxyPath },
      ...(basePort === undefined ? {} : { basePort }),
    });
}

/** The reference stack in containers, which end with the run. */
function containerStack(basePort: number | undefined): StackStarter {
  return ({ plan, folder, signal, onStep }) =>
    startContainerStack({
      id: plan.run.toLowerCase(),
      folder,
      edges: plan.edges,
      design: plan.design,
      dashboardsDir,
      signal,
      onProgress: onStep,
      ...(basePort === undefined ? {} : { basePort }),
    });
}

function portOf(basePort: string | undefined): number | undefined {
  if (basePort === undefined) return undefined;
  const port = Number(basePort);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new MatchdayError("BASE_PORT_INVALID", `--base-port "${basePort}" is no port`, {
    hint: "give a number between 1024 and 32767",
    exitCode: ExitCode.usage,
  });
}
