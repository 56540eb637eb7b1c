/** What each chart shows: its lines, scale and figures. How a line is drawn is in `plot.js`. */

import { formatBytes, formatCores, formatCount, formatMs } from "./format.js";
import { hasFigures, itemOf, nothing, sumOf } from "./panel.js";
import { eventAgePanel, heatPanel } from "./panel-age.js";
import { burnPanel } from "./panel-burn.js";
import { partsPanel } from "./panel-parts.js";

/**
 * @typedef {import("./state.js").Series} Series
 * @typedef {import("./state.js").Column} Column
 * @typedef {import("./panel.js").Panel} Panel
 * @typedef {import("./panel.js").Line} Line
 * @typedef {import("./panel.js").LegendItem} LegendItem
 * @typedef {import("./panel.js").Shape} Shape
 * @typedef {import("./panel.js").Whisker} Whisker
 */

/** @param {Series} series @param {string} measure @param {string} color @param {number} heightPx @returns {Panel} */
function latencyPanel(series, measure, color, heightPx) {
  const { p50, p99 } = series.latency[measure] ?? { p50: nothing(series), p99: nothing(series) };
  /** @type {Line[]} */
  const lines = [
    { name: "p50", column: p50, color, dash: [3, 3], width: 1.25 },
    { name: "p99", column: p99, color, width: 2 },
  ];
  return { lines, legend: lines.map((line) => itemOf(line)), format: formatMs, heightPx };
}

/** @param {Series} series @returns {Panel} */
function deliveryPanel({ delivery }) {
  const { owed, onTime, late, lost, basis, generatorsMissing } = delivery;
  const upToLate = sumOf([onTime, late]);
  const byPublication = basis === "publication";
  /** @type {Line[]} */
  const lines = [
    ...(byPublication
      ? [
          /** @type {Line} */ ({ name: "owed", column: owed, color: "ink-soft", shape: "tick" }),
          /** @type {Line} */ ({
            name: "lost",
            column: lost,
            height: sumOf([onTime, late, lost]),
            color: "fail",
            shape: "bar",
          }),
        ]
      : []),
    { name: "late", column: late, height: upToLate, color: "late", shape: "bar", hatched: true },
    { name: "on time", column: onTime, color: "on-time", shape: "bar" },
  ];
  return {
    lines,
    legend: [...lines].reverse().map((line) => itemOf(line, "sum")),
    format: formatCount,
    whole: true,
    heightPx: 150,
    ...(byPublication ? { lost } : {}),
    note: byPublication
      ? generatorsMissing > 0
        ? `without ${generatorsMissing} generators that did not come to their end`
        : ""
      : "by the second of arrival; what was owed is known after the final read",
  };
}

/** @param {Series} series @returns {Panel} */
function endsPanel(series) {
  const { completed, rejected, abandoned, failed } = series.journeys?.ended ?? noEnds(series);
  const upTo = {
    abandoned: sumOf([completed, abandoned]),
    rejected: sumOf([completed, abandoned, rejected]),
  };
  /** @type {Line[]} */
  const lines = [
    { name: "rejected", column: rejected, height: upTo.rejected, color: "series-quiet", shape: "bar" },
    {
      name: "abandoned",
      column: abandoned,
      height: upTo.abandoned,
      color: "late",
      shape: "bar",
      hatched: true,
    },
    { name: "completed", column: completed, color: "on-time", shape: "bar" },
    { name: "failed", column: failed, color: "fail", width: 2 },
  ];
  return {
    lines,
    legend: [...lines].reverse().map((line) => itemOf(line, "sum")),
    format: formatCount,
    whole: true,
    heightPx: 130,
  };
}

/** @param {Series} series */
const noEnds = (series) => {
  const none = nothing(series);
  return { completed: none, rejected: none, abandoned: none, failed: none };
};

/** @param {Series} series @returns {Panel} */
function admissionPanel(series) {
  const { admitted, admissionTarget } = series.journeys ?? {};
  /** @type {Line[]} */
  const lines = [
    { name: "let in", column: admitted ?? nothing(series), color: "on-time", shape: "bar" },
    {
      name: "target",
      column: admissionTarget ?? nothing(series),
      color: "ink-soft",
      dash: [5, 4],
      width: 1.5,
    },
  ];
  return {
    lines,
    legend: [itemOf(/** @type {Line} */ (lines[0]), "sum"), itemOf(/** @type {Line} */ (lines[1]))],
    format: formatCount,
    heightPx: 130,
  };
}

/** @param {Series} series @returns {Panel} */
function queuePanel(series) {
  /** @type {Line} */
  const line = {
    name: "waiting",
    column: series.journeys?.queue ?? nothing(series),
    color: "accent",
    width: 2,
  };
  return { lines: [line], legend: [itemOf(line)], format: formatCount, whole: true, heightPx: 150 };
}

/** @type {Record<string, (series: Series) => Panel>} */
export const panels = {
  clients({ crowd, journeys }) {
    /** @type {Line[]} */
    const lines = [
      ...(journeys
        ? [
            /** @type {Line} */ ({
              name: "journey under way",
              column: journeys.underWay,
              color: "series-3",
              dash: [2, 3],
              width: 1.75,
            }),
          ]
        : []),
      { name: "planned", column: crowd.planned, color: "ink-soft", dash: [5, 4], width: 1.5 },
      { name: "open", column: crowd.open, color: "accent", width: 2 },
    ];
    return {
      lines,
      legend: lines.map((line) => itemOf(line)),
      format: formatCount,
      whole: true,
      heightPx: 150,
    };
  },
  connect: (series) => latencyPanel(series, "connect", "accent", 130),
  event_age: eventAgePanel,
  heat: heatPanel,
  stale_odds_age: (series) => latencyPanel(series, "stale_odds_age", "series-2", 150),
  delivery: deliveryPanel,
  burn: burnPanel,
  queue: queuePanel,
  admission: admissionPanel,
  ends: endsPanel,
  steps: ({ latency }) => ({
    ...partsPanel(
      Object.entries(latency).flatMap(([measure, { p99 }]) => {
        const step = /^request\{step=(.+)\}$/.exec(measure)?.[1];
        return step === undefined ? [] : [{ name: step, column: p99 }];
      }),
      formatMs,
    ),
    heightPx: 150,
  }),
  position_age: (series) => latencyPanel(series, "position_age", "series-3", 120),
  resumes({ crowd }) {
    /** @type {Line[]} */
    const lines = [
      { name: "resumes", column: crowd.resumes, color: "on-time", shape: "bar" },
      { name: "disconnects", column: crowd.disconnects, color: "fail", dash: [5, 3], width: 1.75 },
      {
        name: "refused or failed connects",
        column: crowd.connectErrors,
        color: "series-4",
        dash: [2, 3],
        width: 1.5,
      },
    ];
    return {
      lines,
      legend: lines.map((line) => itemOf(line, "sum")),
      format: formatCount,
      whole: true,
      heightPx: 120,
    };
  },
  resume: (series) => latencyPanel(series, "resume", "series-3", 120),
  cpu(series) {
    const { stack, crowd, machine } = series;
    const panel = partsPanel(
      [
        ...stack.map(({ part, cpuCores }) => ({ name: part, column: cpuCores })),
        { name: "crowd", column: crowd.cpuCores },
      ],
      formatCores,
    );
    /** @type {Line} */
    const whole = {
      name: "whole machine",
      column: machine.cpuCores,
      color: "ink-soft",
      dash: [1, 3],
      width: 2,
    };
    return {
      ...panel,
      lines: [whole, ...panel.lines],
      legend: [...panel.legend, ...(hasFigures(whole.column) ? [itemOf(whole)] : [])],
      limits: hasFigures(whole.column) ? [{ value: machine.cores, name: `all ${machine.cores} cores` }] : [],
      heightPx: 170,
    };
  },
  lag: ({ stack }) =>
    partsPanel(
      stack.map(({ part, eventLoopLagP99Ms }) => ({ name: part, column: eventLoopLagP99Ms })),
      formatMs,
    ),
  backlog: ({ stack }) => ({
    ...partsPanel(
      stack.map(({ part, backlogBytes }) => ({ name: part, column: backlogBytes })),
      formatBytes,
    ),
    heightPx: 110,
  }),
  connections: ({ stack }) => ({
    ...partsPanel(
      stack.map(({ part, connections }) => ({ name: part, column: connections })),
      formatCount,
    ),
    whole: true,
  }),
  generator(series) {
    const release = series.latency.release_lag?.p99 ?? nothing(series);
    const read = series.latency.read_lag?.p99 ?? nothing(series);
    /** @type {Line[]} */
    const lines = [
      { name: "release lag p99", column: release, color: "accent", width: 1.75 },
      { name: "read lag p99", column: read, color: "series-2", dash: [7, 3], width: 1.75 },
    ];
    return { lines, legend: lines.map((line) => itemOf(line)), format: formatMs, heightPx: 120 };
  },
};
