import { MatchdayError, type Problem } from "../common/errors.ts";
import { quoted } from "../common/numbers.ts";
import { findEngine } from "../reference-stack/providers/containers/engine.ts";
import { imageState, imageUnavailable } from "../reference-stack/providers/containers/image-state.ts";
import { stackImages } from "../reference-stack/providers/containers/images.ts";
import { type StandingStack, standingStacks } from "../reference-stack/providers/containers/standing.ts";
import type { ProviderName } from "../reference-stack/topology.ts";

const stackNames = ["auto", "local", "containers"];

/** Where a run's stack is: decided before its plan, which follows what stands already. */
export interface ChosenStack {
  provider: ProviderName;
  /** A stack that stands, and that the run will use. */
  standing?: Pick<StandingStack, "id" | "edges" | "system">;
  /** What `auto` went by, for people. */
  why?: string;
}

export function stackProblems(name = "auto"): Problem[] {
  if (stackNames.includes(name)) return [];
  return [
    {
      code: "STACK_UNKNOWN",
      fact: `there is no stack ${quoted(name)}`,
      remedy: `choose one of: ${stackNames.join(", ")}`,
    },
  ];
}

/**
 * `auto` is containers where an engine answers and all images can be had, else processes of this machine. A name that is
 * none is left to `makePlan` to tell, with whatever else is wrong.
 * @throws MatchdayError ENGINE_UNREACHABLE, IMAGE_UNAVAILABLE when containers are asked for by name
 */
export async function chooseStack(name = "auto"): Promise<ChosenStack> {
  if (name !== "auto" && name !== "containers") return { provider: "local" };
  try {
    return await containers();
  } catch (error) {
    if (name === "containers" || !(error instanceof MatchdayError)) throw error;
    return { provider: "local", why: error.message };
  }
}

async function containers(): Promise<ChosenStack> {
  const engine = await findEngine();
  const [standing] = await standingStacks();
  if (standing) return { provider: "containers", standing, why: `${standing.id} stands` };
  const states = await imageState(engine, stackImages());
  const missing = states.filter(({ state }) => state === "unobtainable");
  if (missing.length > 0) throw imageUnavailable(missing);
  return { provider: "containers", why: `Docker engine ${engine.version} answers` };
}
