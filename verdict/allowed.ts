import type { FaultAllowance } from "../common/experiment.ts";
import type { Objective } from "./contract.ts";
import { type MeasureSpec, parseMeasureSpec } from "./measure-spec.ts";
import type { Stretch } from "./stretches.ts";

/** What holds instead of an objective's target. */
export interface Allowed {
  target: number;
  /** Ids of the faults that are allowed it. */
  by: string[];
}

interface Allowing {
  allowing: readonly Pick<Stretch["allowing"][number], "id" | "allow">[];
}

/** The widest of what the faults of a stretch are allowed; `undefined` where the target is as wide. */
export function allowedIn(
  { allowing }: Allowing,
  objective: Pick<Objective, "op" | "target">,
  spec: MeasureSpec,
): Allowed | undefined {
  let widest: Allowed | undefined;
  for (const { id, allow } of allowing) {
    const target = allow && targetFor(spec, allow);
    if (target === undefined || !isWider(target, objective.target, objective.op)) continue;
    if (widest?.target === target) widest.by.push(id);
    else if (!widest || isWider(target, widest.target, objective.op)) widest = { target, by: [id] };
  }
  return widest;
}

/** Within what is allowed, the limit included. */
export function isWithin(
  observed: number,
  { target }: Pick<Allowed, "target">,
  op: Objective["op"],
): boolean {
  return isUpper(op) ? observed <= target : observed >= target;
}

const isUpper = (op: Objective["op"]) => op === "lt" || op === "lte" || op === "eq";

function isWider(target: number, than: number, op: Objective["op"]): boolean {
  return isUpper(op) ? target > than : target < than;
}

/**
 * What is allowed for one measure: the entry that names it most closely. An age without labels is that of every class, and
 * what 99 of 100 may take is allowed to the first 50 of them: p99 stands for the percentiles below it.
 */
function targetFor(spec: MeasureSpec, { measures }: FaultAllowance): number | undefined {
  const fitting = measures.flatMap(({ measure, target }) => {
    const allowed = parseMeasureSpec(measure);
    const distance = allowed && distanceBetween(allowed, spec);
    return distance === undefined ? [] : [{ target: distance.isRest ? 1 - target : target, of: distance.of }];
  });
  return fitting.sort((a, b) => a.of - b.of)[0]?.target;
}

/** How closely an allowance names what is wanted; `isRest`: that is what the allowance leaves over. */
function distanceBetween(
  allowed: MeasureSpec,
  wanted: MeasureSpec,
): { of: number; isRest?: boolean } | undefined {
  if (allowed.kind === "delivery" && wanted.kind === "delivery") {
    if (allowed.field === wanted.field) return { of: 0 };
    // Where so much has to be on time, the rest may be late. Lost is another thing.
    if (allowed.field !== "ratio") return undefined;
    if (wanted.field === "notLateRatio") return { of: 1 };
    return wanted.field === "lateRatio" ? { of: 1, isRest: true } : undefined;
  }
  if (allowed.kind !== "latency" || wanted.kind !== "latency") return undefined;
  const below = allowed.percentile - wanted.percentile;
  if (below < 0) return undefined;
  if (allowed.measure === wanted.measure) return { of: below };
  return wanted.measure.startsWith(`${allowed.measure}{`) ? { of: 100 + below } : undefined;
}
