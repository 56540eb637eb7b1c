/** What every dashboard of a run says of it: where it is, and what the budget asks. */
import type { Mapping, Query, Row } from "../model.ts";
import { stateOf } from "../promql.ts";
import { tile } from "./panels.ts";

const phases = ["arrive", "baseline", "fault", "recovery", "after"] as const;
const phaseMapping: Mapping = {
  0: { text: "–", colour: "transparent" },
  1: { text: "arrive", colour: "blue" },
  2: { text: "baseline", colour: "green" },
  3: { text: "fault", colour: "dark-red" },
  4: { text: "recovery", colour: "orange" },
  5: { text: "after", colour: "purple" },
};
const verdicts = ["pass", "fail", "unknown"] as const;
const verdictMapping: Mapping = {
  0: { text: "to come", colour: "#6e7380" },
  1: { text: "PASS", colour: "green" },
  2: { text: "FAIL", colour: "red" },
  3: { text: "UNKNOWN", colour: "orange" },
};

const inUnit = {
  seconds: { unit: "s", target: (series: string) => series, suffix: " s" },
  ratio: { unit: "percentunit", target: (series: string) => `round(100 * ${series}, 0.001)`, suffix: " %" },
  count: { unit: "locale", target: (series: string) => series, suffix: "" },
} as const;

const signs = { lt: "<", lte: "≤", gt: ">", gte: "≥", eq: "=" };

/** Objectives of a unit in one state, each with its target in its name: `Connect (p99) < 1 s`. */
function objectives(of: keyof typeof inUnit, state: "met" | "missed"): Query {
  const { unit, target, suffix } = inUnit[of];
  const targets = target(`matchday_objective_target{unit="${of}"}`);
  // The label `target` holds the number, and `sign` what is meant by `op`.
  const told = Object.entries(signs).reduce(
    (series, [op, sign]) => `label_replace(${series}, "sign", "${sign}", "op", "${op}")`,
    `count_values by (objective, title, op) ("target", ${targets})`,
  );
  const ok = `matchday_objective_ok == ${state === "met" ? 1 : 0}`;
  return {
    expr: `(matchday_objective_observed and on (objective) ${ok}) * on (objective) group_left (title, sign, target) ${told}`,
    legend: `{{title}} {{sign}} {{target}}${suffix}`,
    colour: state === "met" ? "green" : "red",
    unit,
    mayBeEmpty: state === "met" ? "every objective may be missed or untested" : "nothing may be missed",
  };
}

export const verdictTile = (width: number) =>
  tile("Verdict", width, {
    description: "From saved files, once the run has ended.",
    unit: "none",
    mapping: verdictMapping,
    whileNone: "–",
    queries: [{ expr: stateOf("matchday_verdict", "verdict", verdicts), legend: "verdict" }],
  });

export const phaseTile = (width: number) =>
  tile("Phase", width, {
    description: "Where the run is.",
    unit: "none",
    mapping: phaseMapping,
    whileNone: "–",
    queries: [{ expr: stateOf("matchday_phase", "phase", phases), legend: "phase" }],
  });

export const elapsedTile = (width: number) =>
  tile("Elapsed", width, {
    description: "Since the start instant.",
    unit: "dthms",
    whileNone: "–",
    queries: [{ expr: "max(matchday_run_elapsed_seconds)", legend: "elapsed" }],
  });

export const clientsTile = (width: number) =>
  tile("Clients open", width, {
    description: "Streams that are open now.",
    unit: "locale",
    whileNone: "–",
    queries: [{ expr: "sum(matchday_crowd_clients_open)", legend: "open", colour: "blue" }],
  });

export const runTile = (width: number) =>
  tile("Run", width, {
    description: "What is rehearsed, on which design, and where the stack runs.",
    unit: "none",
    nameOnly: true,
    whileNone: "no run",
    queries: [{ expr: "matchday_run_info", legend: "{{scenario}} · {{design}} · {{stack}}" }],
  });

/** What the budget asks, and how much of it is used. */
export const budgetRow: Row = {
  height: 9,
  panels: [
    tile("Objectives: observed so far, and what the budget asks", 17, {
      description:
        "Green: met. Red: missed. Numbers are the verdict's own, each from the phases that its objective is about: most leave the fault out. What nothing has exercised yet is not shown.",
      unit: "none",
      whileNone: "none is tested yet",
      queries: [
        ...(["seconds", "ratio", "count"] as const).flatMap((unit) => [
          objectives(unit, "missed"),
          objectives(unit, "met"),
        ]),
      ],
    }),
    {
      kind: "bars",
      title: "Error budget used",
      description: "100 % is all of it; a bar that is full or more is an objective missed.",
      width: 7,
      unit: "percentunit",
      max: 1,
      thresholds: { warn: 0.5, bad: 1 },
      queries: [
        {
          expr: "sort_desc(max by (title) (matchday_objective_budget_used_ratio * on (objective) group_left (title) matchday_objective_target))",
          legend: "{{title}}",
        },
      ],
    },
  ],
};

/** The run's phases on the time axis of all that is below. */
export const phasesRow: Row = {
  height: 3,
  panels: [
    {
      kind: "states",
      title: "Phases",
      description: "The run's phases on the time axis of all that is below.",
      width: 24,
      // Between two runs there is nothing to say.
      mapping: { ...phaseMapping, 0: { text: " ", colour: "transparent" } },
      queries: [{ expr: stateOf("matchday_phase", "phase", phases), legend: "phase" }],
    },
  ],
};
