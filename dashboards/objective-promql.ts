/** Objectives as a table of words: Prometheus has numbers, and each objective its own unit. */

const row = "objective, phase, allowed";

/** How the values of a unit are written; where several, each for a range of them. */
const written: Record<string, { number: (series: string) => string; text: string }[]> = {
  seconds: [
    { number: (series) => `round(1000 * (${series} < 1), 0.1)`, text: "$1 ms" },
    { number: (series) => `round(${series} >= 1, 0.001)`, text: "$1 s" },
  ],
  ratio: [{ number: (series) => `round(100 * ${series}, 0.001)`, text: "$1 %" }],
  count: [{ number: (series) => series, text: "$1" }],
};

/** A series whose label `label` says what its value is, with its unit; one for each of `by`. */
function worded(series: string, label: string, by: string): string {
  const terms = Object.entries(written).flatMap(([unit, ways]) =>
    ways.map(({ number, text }) => {
      const values = `count_values by (${by}) ("${label}", ${number(`${series}{unit="${unit}"}`)})`;
      return replaced(values, label, text, label, "(.*)");
    }),
  );
  return `(${terms.join(" or ")})`;
}

const replaced = (series: string, to: string, text: string, from: string, pattern: string) =>
  `label_replace(${series}, "${to}", "${text}", "${from}", "${pattern}")`;

/** A label that says for each value of another what stands for it. */
const spelled = (series: string, to: string, from: string, words: Readonly<Record<string, string>>) =>
  Object.entries(words).reduce((known, [value, word]) => replaced(known, to, word, from, value), series);

const signs = { lt: "<", lte: "≤", gt: ">", gte: "≥", eq: "=" };

/** Each objective with its target in the label `row`: `Connect (p99) < 1 s`. */
const named = `label_join(${spelled(
  worded("matchday_objective_target", "target", "objective, title, op"),
  "sign",
  "op",
  signs,
)}, "row", " ", "title", "sign", "target")`;

/** How a cell begins, so that nobody needs colours to read it. */
export const marks = { missed: "✗", met: "✓", excused: "≈" };

const state = spelled(
  `count_values by (${row}) ("state", matchday_objective_ok + matchday_objective_excused)`,
  "mark",
  "state",
  { 0: `${marks.missed} `, 1: `${marks.met} `, 2: `${marks.excused} ` },
);

/** What holds instead of the target, where something does; its column comes after that of the rest of the phase. */
const limit = `(${replaced(`(1.1 * ${worded("matchday_objective_allowed", "limit", row)})`, "limit", ", allowed $1", "limit", "(.*)")} or count by (${row}) (matchday_objective_observed{allowed=""}))`;

/** In the order in which they are shown. */
const columns = ["arrive", "baseline", "fault", "recovery", "after", "steady", "all"];
const order = columns
  .map((phase, index) => replaced(`vector(${index + 1})`, "phase", phase, "", ""))
  .join(" or ");

/** A phase, or the part of it in which faults are allowed something: `fault, redis-down allowed`. */
const inColumns = (series: string) =>
  spelled(replaced(series, "column", "$1", "phase", "(.*)"), "column", "phase", { all: "whole run" });
const ofAllowances = (series: string) =>
  replaced(
    `label_join(${series}, "both", ", ", "column", "allowed")`,
    "column",
    "$1 allowed",
    "both",
    "(.*, .+)",
  );

/**
 * What was observed of each objective (`row`) in each phase (`column`), and whether that will do (`cell`):
 * `✓ 25 ms`, `≈ 8.33 s, allowed 12 s`, `✗ 13 s, allowed 12 s`.
 */
export const objectiveCells = `sort(${ofAllowances(
  inColumns(
    `label_join(${worded("matchday_objective_observed", "observed", row)}
 * on (${row}) group_left (mark) ${state}
 * on (${row}) group_left (limit) ${limit}
 * on (objective) group_left (row) ${named}, "cell", "", "mark", "observed", "limit")
 * on (phase) group_left () (${order})`,
  ),
)})`;

/** What each fault (`column`) may cost each objective (`row`) at most (`cell`), as the plan says. */
export const allowanceCells = `label_join(${worded("matchday_objective_allowance", "cell", "objective, fault, for_at_most")}
 * on (objective) group_left (row) ${named}, "column", ", for at most ", "fault", "for_at_most")`;
