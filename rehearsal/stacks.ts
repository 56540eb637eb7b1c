import { readFileSync } from "node:fs";
import { ExitCode, MatchdayError } from "../common/errors.ts";
import { toolsFile, toxiproxyPath } from "../common/paths.ts";
import { startLocalStack } from "../reference-stack/providers/local.ts";
import type { StackStarter } from "./rehearse.ts";

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

/** The reference stack as native processes of this machine. */
export function localStackStarter(basePort?: string): StackStarter {
  if (
    basePort !== undefined &&
    !(Number.isInteger(Number(basePort)) && Number(basePort) > 0 && Number(basePort) < 65_536)
  ) {
    throw new MatchdayError("BASE_PORT_INVALID", `--base-port "${basePort}" is no port`, {
      hint: "give a number between 1024 and 32767",
      exitCode: ExitCode.usage,
    });
  }
  return ({ plan, lease, folder }) =>
    startLocalStack({
      lease,
      folder,
      edges: plan.edges,
      design: plan.design,
      tools: { ...readTools(), toxiproxy: toxiproxyPath },
      ...(basePort === undefined ? {} : { basePort: Number(basePort) }),
    });
}
