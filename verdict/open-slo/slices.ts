import { parseDuration } from "../../common/duration.ts";
import type { SloTerms } from "../contract.ts";
import type { SloObjective } from "./schema.ts";

type Slices = Required<Pick<SloTerms, "sliceMs">> & Pick<SloTerms, "sliceTarget">;

/**
 * `timeSliceWindow` and `timeSliceTarget` of an objective; `undefined` where its method has no slices. `RatioTimeslices` takes
 * the mean of the slices' shares, and so has no use for a target of one.
 */
export function readSlices(
  { timeSliceTarget, timeSliceWindow }: SloObjective,
  method: SloTerms["method"],
): Slices | undefined | { fact: string; remedy?: string; at?: string } {
  if (method === "Occurrences") {
    const at = timeSliceTarget === undefined ? "timeSliceWindow" : "timeSliceTarget";
    if (timeSliceTarget === undefined && timeSliceWindow === undefined) return undefined;
    return {
      fact: `${at} means nothing with Occurrences`,
      remedy: "say Timeslices or RatioTimeslices, or leave it out",
      at,
    };
  }
  if (timeSliceWindow === undefined) {
    return { fact: `${method} needs a timeSliceWindow`, remedy: "give the length of a slice, such as 1m" };
  }
  const sliceMs = msOf(timeSliceWindow);
  if (sliceMs === undefined) {
    return {
      fact: `timeSliceWindow ${timeSliceWindow} is no length of a slice`,
      remedy: "write it like 1m, 2h or 10s: whole seconds; a number is minutes",
      at: "timeSliceWindow",
    };
  }
  if (method === "RatioTimeslices") return { sliceMs };
  if (timeSliceTarget === undefined) {
    return {
      fact: "Timeslices needs a timeSliceTarget",
      remedy: "give the share of a slice that makes it good, such as 0.95",
    };
  }
  return { sliceMs, sliceTarget: timeSliceTarget };
}

/** Beside OpenSLO's minutes, hours and days, seconds: a rehearsal is short, and is recorded by the second. */
function msOf(given: number | string): number | undefined {
  const days = typeof given === "string" ? /^(\d+)([dw])$/.exec(given) : null;
  const ms = days
    ? Number(days[1]) * 86_400_000 * (days[2] === "w" ? 7 : 1)
    : typeof given === "number"
      ? given * 60_000
      : /^\d+[smh]$/.test(given)
        ? parseDuration(given)
        : undefined;
  return ms !== undefined && ms > 0 && ms % 1000 === 0 ? ms : undefined;
}
