import type { Phase, PhaseName } from "../../common/match-day.ts";
import type { ScenarioParams } from "../vocabulary.ts";
import { arriveMs } from "./arrivals.ts";

const leastMs = { baseline: 10_000, recovery: 10_000, after: 10_000 };

/** What the phases need to be worth judging; a scenario adds what its own end takes. */
export function leastPhasesMs({ clients, faultMs }: Pick<ScenarioParams, "clients" | "faultMs">): number {
  return (
    arriveMs(clients) + leastMs.baseline + (faultMs === 0 ? 0 : faultMs + leastMs.recovery) + leastMs.after
  );
}

/** Of the time that arrival and fault leave, unless a scenario wants its fault earlier. */
const usualBaselineShare = 0.32;

/** One follows the other without a hole, from 0 to the end of the run. */
export function phasesOf(
  { clients, durationMs, faultMs }: Pick<ScenarioParams, "clients" | "durationMs" | "faultMs">,
  baselineShare = usualBaselineShare,
): Phase[] {
  const arrive = arriveMs(clients);
  const free = durationMs - arrive - faultMs;
  const lengths: [PhaseName, number][] =
    faultMs === 0
      ? [
          ["arrive", arrive],
          ["baseline", Math.round(free / 2)],
          ["after", free - Math.round(free / 2)],
        ]
      : [
          ["arrive", arrive],
          ["baseline", Math.round(free * baselineShare)],
          ["fault", faultMs],
          ["recovery", Math.round(free * 0.3)],
          ["after", free - Math.round(free * baselineShare) - Math.round(free * 0.3)],
        ];
  let fromMs = 0;
  return lengths.map(([name, length]) => {
    const phase = { name, fromMs, toMs: fromMs + length };
    fromMs = phase.toMs;
    return phase;
  });
}
