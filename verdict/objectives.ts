import { ExitCode, MatchdayError } from "../common/errors.ts";
import { percentileMs, shareBeyond } from "../measurements/histograms.ts";
import { phaseNames } from "../measurements/keys.ts";
import { type Allowed, allowedIn, isWithin } from "./allowed.ts";
import type { JudgedObjective, Objective, Verdict } from "./contract.ts";
import type { JudgedParts } from "./judged-parts.ts";
import {
  deliveryValue,
  isDeliveryShare,
  isOfWholeRun,
  type MeasureSpec,
  parseMeasureSpec,
} from "./measure-spec.ts";
import { phasesOf } from "./phases.ts";
import type { Shares } from "./shares.ts";
import type { Stretch } from "./stretches.ts";

/** What objectives are about: of a saved run, or of one that is still going on, as far as it is known. */
export interface Observed {
  parts: JudgedParts;
  clients: Pick<Verdict["clients"], "planned" | "connected">;
  /** Absent while a run goes on: they are known in the end. */
  shares?: Shares;
}

/**
 * An objective in each phase in which it was exercised: observed against its target, or against what the faults of the
 * phase are allowed. One line with nothing observed where it never was.
 */
export function judgeObjective(objective: Objective, observed: Observed): JudgedObjective[] {
  const spec = specOf(objective);
  const rows = isOfWholeRun(spec)
    ? [rowOf(objective, { phase: "all", observed: ofWholeRun(spec, observed) })]
    : groupsOf(objective, spec, observed.parts.stretches).map(({ phase, stretches, allowed }) =>
        rowOf(objective, {
          phase,
          faults: stretches[0]!.faults.map(({ id }) => id),
          allowed,
          ...observe(objective, spec, observed.parts, stretches),
        }),
      );
  const exercised = rows.filter((row) => row.observed !== null);
  return exercised.length > 0
    ? exercised
    : [rowOf(objective, { phase: objective.phase, observed: undefined })];
}

interface Row {
  phase: JudgedObjective["phase"];
  faults?: string[];
  allowed?: Allowed | undefined;
  observed: number | undefined;
  burn?: number | null;
}

function rowOf(objective: Objective, { phase, faults = [], allowed, observed, burn }: Row): JudgedObjective {
  const { id, title, measure, op, target, unit, key } = objective;
  const isOk = (value: number) => (allowed ? isWithin(value, allowed, op) : holds(value, op, target));
  return {
    ...{ id, title, phase },
    ...(faults.length > 0 ? { faults } : {}),
    ...{ measure, op, target },
    ...(allowed ? { allowed } : {}),
    unit,
    observed: observed ?? null,
    ok: observed === undefined ? null : isOk(observed),
    key,
    errorBudgetUsed: null,
    burn: observed === undefined ? null : (burn ?? burnOfRatio(observed, objective)),
  };
}

interface Group {
  phase: JudgedObjective["phase"];
  allowed: Allowed | undefined;
  stretches: Stretch[];
}

/** Stretches of one phase that are held to the same, in the order of the phases. */
function groupsOf(objective: Objective, spec: MeasureSpec, stretches: readonly Stretch[]): Group[] {
  const groups = new Map<string, Group>();
  const wanted = phasesOf(objective.phase);
  for (const name of phaseNames.filter((phase) => wanted.includes(phase))) {
    const phase = objective.phase === "steady" ? "steady" : name;
    for (const stretch of stretches.filter((candidate) => candidate.phase === name)) {
      const allowed = allowedIn(stretch, objective, spec);
      // Each set of faults by itself: one that cost little makes up for none that cost much.
      const key = `${phase} ${allowed?.target} ${stretch.faults.map(({ id }) => id).join()}`;
      const group = groups.get(key) ?? { phase, allowed, stretches: [] };
      groups.set(key, group);
      group.stretches.push(stretch);
      if (allowed) group.allowed = { ...allowed, by: [...new Set([...group.allowed!.by, ...allowed.by])] };
    }
  }
  return [...groups.values()];
}

/** @throws MatchdayError BUDGET_INVALID: budgets are checked when they are read, so this one was written by hand. */
export function specOf({ id, measure }: Pick<Objective, "id" | "measure">): MeasureSpec {
  const spec = parseMeasureSpec(measure);
  if (spec) return spec;
  throw new MatchdayError("BUDGET_INVALID", `objective ${id}: there is no measure "${measure}"`, {
    hint: "judge the run against another budget: matchday gate RUN --slo FILE",
    exitCode: ExitCode.unknown,
  });
}

export function holds(observed: number, op: Objective["op"], target: number): boolean {
  switch (op) {
    case "lt":
      return observed < target;
    case "lte":
      return observed <= target;
    case "gt":
      return observed > target;
    case "gte":
      return observed >= target;
    case "eq":
      return observed === target;
  }
}

/** Not exercised where nothing is observed. */
function observe(
  objective: Objective,
  spec: Exclude<MeasureSpec, { kind: "clients" | "share" }>,
  parts: JudgedParts,
  stretches: readonly Stretch[],
): Pick<Row, "observed" | "burn"> {
  if (spec.kind === "delivery") {
    const delivery = parts.delivery(stretches);
    const value = deliveryValue(delivery, spec.field);
    // What came twice, or to the wrong client, needs nothing that is owed.
    const isCounted = !isDeliveryShare(spec.field) && value > 0;
    return { observed: delivery.expected > 0 || isCounted ? value : undefined };
  }
  const histogram = parts.histogram(spec.measure, stretches);
  if (!histogram || histogram.totalCount === 0) return { observed: undefined };
  const mayBeBad = 1 - spec.percentile / 100;
  const { op, target } = objective;
  const upper = op === "lt" || op === "lte";
  return {
    observed: spec.percentile === 100 ? histogram.maxValue / 1000 : percentileMs(histogram, spec.percentile),
    burn:
      mayBeBad > 0 && upper ? round(shareBeyond(histogram, (ms) => !holds(ms, op, target)) / mayBeBad) : null,
  };
}

function ofWholeRun(
  spec: Extract<MeasureSpec, { kind: "clients" | "share" }>,
  { clients: { planned, connected }, shares }: Observed,
): number | undefined {
  if (spec.kind === "share") {
    const share = shares?.[spec.name];
    return share && share.part / share.whole;
  }
  return planned === 0 ? undefined : connected / planned;
}

/** Bad events over those that the target allows; nothing where it allows none, and for what is no ratio. */
function burnOfRatio(observed: number, { op, target, unit }: Objective): number | null {
  if (unit !== "ratio") return null;
  const [bad, mayBeBad] = op === "lt" || op === "lte" ? [observed, target] : [1 - observed, 1 - target];
  return mayBeBad > 0 ? round(bad / mayBeBad) : null;
}

const round = (share: number) => Math.round(share * 1e6) / 1e6;
