/** What every dashboard of a run says of it: where it is, and what the budget asks. */
import type { LinesPanel, Mapping, Row } from "../model.ts";
import { allowanceCells, marks, objectiveCells } from "../objective-promql.ts";
import { burnRate, stateOf, titled } from "../promql.ts";
import { tile } from "./panels.ts";

const excusedColour = "#b5851b";

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
const passWithAllowances = verdicts.length + 1;
const verdictMapping: Mapping = {
  0: { text: "to come", colour: "#6e7380" },
  1: { text: "PASS", colour: "green" },
  2: { text: "FAIL", colour: "red" },
  3: { text: "UNKNOWN", colour: "orange" },
  [passWithAllowances]: { text: "PASS as allowed", colour: excusedColour },
};

export const verdictTile = (width: number) =>
  tile("Verdict", width, {
    description:
      "From saved files, once the run has ended. PASS: every objective was met in every phase. PASS as allowed: some were missed while a fault lasted, within what that fault is allowed; which, the sentence and the table below say.",
    unit: "none",
    mapping: verdictMapping,
    whileNone: "–",
    queries: [
      {
        expr: `max((matchday_verdict{verdict="pass"} == 1 and on () matchday_objective_excused == 1) * ${passWithAllowances} or on () (${stateOf("matchday_verdict", "verdict", verdicts)}))`,
        legend: "verdict",
      },
    ],
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

/** What came of it, and what faults may cost: a verdict says what was allowed. */
export const sentenceRow: Row = {
  height: 6,
  panels: [
    tile("The verdict in a sentence", 13, {
      description:
        "As the report begins: what was achieved, and what each fault cost within what it is allowed.",
      unit: "none",
      nameOnly: true,
      queries: [
        {
          expr: 'matchday_verdict or on () label_replace(vector(0), "sentence", "It comes when the run has ended.", "", "")',
          legend: "{{sentence}}",
        },
      ],
    }),
    {
      kind: "matrix",
      title: "Allowed while faults last",
      description:
        "What each fault may cost, beside the target that holds without it. It holds from the injection until the run is steady again, and no longer than the column says. What is not listed has to meet its target all the time.",
      width: 11,
      rowsAre: "objective",
      whileNone: "Nothing: every objective has to be met all the time",
      queries: [
        { expr: allowanceCells, legend: "", mayBeEmpty: "a run may be without a fault, or allow it nothing" },
      ],
    },
  ],
};

/** Each objective in each phase. */
export const objectivesRow = (height: number): Row => ({
  height,
  panels: [
    {
      kind: "matrix",
      title: "Objectives: what was observed in each phase, and whether that will do",
      description: `${marks.met} the target is met. ${marks.excused} It is missed, but within what the faults in the column's heading are allowed. ${marks.missed} It is missed. – Nothing exercised it. Each objective is judged in every phase in which it was exercised. "fault" is from the injection until the run is steady again: while a run goes on, until the planned end of the recovery. Numbers are the verdict's own, when it is there.`,
      width: 24,
      rowsAre: "objective and target",
      colours: {
        [marks.met]: "dark-green",
        [marks.excused]: excusedColour,
        [marks.missed]: "dark-red",
      },
      whileNone: "None is exercised yet",
      queries: [{ expr: objectiveCells, legend: "" }],
    },
  ],
});

const burnPanel = (seconds: number): LinesPanel => ({
  kind: "lines",
  title: `Error budget burn, over ${seconds} s`,
  description: `How many times as fast as its SLO can bear an objective used its error budget in the last ${seconds} s, allowed or not: at 1 it lasts for just its window. By powers of ten; an objective that burns nothing has no line.`,
  width: 8,
  unit: "none",
  logarithmic: true,
  queries: [
    {
      expr: `${titled(burnRate(`${seconds}s`))} > 0`,
      legend: "{{title}}",
      mayBeEmpty: "nothing may burn",
    },
    {
      expr: "1 + 0 * max(matchday_run_elapsed_seconds)",
      legend: "what it can bear",
      colour: "purple",
      limit: true,
    },
  ],
});

/** What the whole run cost, allowed or not. */
export const budgetRow: Row = {
  height: 9,
  panels: [
    {
      kind: "bars",
      title: "Error budget used by the whole run",
      description:
        "Of what its SLO's window (an hour, 30 days) allows at this traffic. All that was bad counts, in whatever phase, allowed or not: what a fault is allowed may cost the budgets of many windows. Red is more than 100 %.",
      width: 8,
      unit: "suffix: %",
      thresholds: { warn: 50, bad: 100 },
      queries: [
        {
          expr: `sort_desc(max by (title) (100 * ${titled("matchday_objective_budget_used_ratio")}))`,
          legend: "{{title}}",
        },
        // Also the least that the longest bar stands for.
        {
          expr: "100 + 0 * max(matchday_objective_budget_used_ratio)",
          legend: "All of a window's",
          colour: "purple",
        },
      ],
    },
    burnPanel(5),
    burnPanel(30),
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
