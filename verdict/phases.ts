import type { Phase, PhaseName } from "../common/match-day.ts";
import { phaseNames } from "../measurements/keys.ts";
import type { Objective } from "./contract.ts";

/** What an objective may be about; `steady` is the run without its arrival, its faults and the recovery from them. */
export const objectivePhases: readonly Objective["phase"][] = ["all", "steady", ...phaseNames];

export function phasesOf(phase: Objective["phase"]): readonly PhaseName[] {
  if (phase === "all") return phaseNames;
  return phase === "steady" ? ["baseline", "after"] : [phase];
}

/** The phase of an instant; what is before the first or after the last belongs to it. */
export function phaseAt(phases: readonly Phase[], atMs: number): PhaseName {
  const phase = phases.find(({ toMs }) => atMs < toMs) ?? phases.at(-1);
  return phase?.name ?? "baseline";
}
