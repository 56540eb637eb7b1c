import type { AllowanceEntry } from "../common/allowance.ts";
import { parseMeasureSpec, unitOf } from "./measure-spec.ts";

const written = {
  ms: "a duration, such as 12s",
  ratio: "a percentage, such as 90%",
  count: "a count, such as 500",
};

/**
 * Whether a fault can be allowed this at all.
 * @returns what is wrong with it; `undefined` when nothing is.
 */
export function allowanceProblem({ measure, unit }: AllowanceEntry): string | undefined {
  const spec = parseMeasureSpec(measure);
  if (!spec) return `there is no measure "${measure}"`;
  if (spec.kind === "share" || spec.kind === "clients") {
    return `${measure} is a share of the whole run: what a fault did to it cannot be told apart by time, and so not allowed`;
  }
  if (spec.kind === "latency" && spec.measure === "bad_time") {
    return `${measure} is told when a client leaves: what a fault did to it cannot be told apart by time, and so not allowed`;
  }
  const expected = unitOf(spec);
  return unit === expected
    ? undefined
    : `${measure} is measured in ${expected}: it is allowed ${written[expected]}`;
}
