/** What each chart shows: its lines, scale and figures. How a line is drawn is in `plot.js`. */
import { formatBytes, formatCores, formatCount, formatMs } from "./format.js";

/**
 * @typedef {import("./state.js").Series} Series
 * @typedef {import("./state.js").Column} Column
 * @typedef {"line" | "bar" | "whisker" | "tick" | "none"} Shape
 * @typedef {{
 *   name: string,
 *   column: Column,
 *   color: string,
 *   shape?: Shape,
 *   dash?: number[],
 *   width?: number,
 *   hatched?: boolean,
 *   height?: Column,
 * }} Line `height` is what is drawn where that is not the figure itself, as in a stack of bars
 * @typedef {{
 *   name: string,
 *   color: string,
 *   shape: Shape,
 *   dash?: number[],
 *   hatched?: boolean,
 *   glyph?: string,
 *   columns: Column[],
 *   summary: "peak" | "sum" | "least",
 * }} LegendItem
 * @typedef {{ name: string, glyph: string, color: string, p50: Column, p95: Column, p99: Column }} Whisker
 * @typedef {{
 *   lines: Line[],
 *   legend: LegendItem[],
 *   format: (value: number) => string,
 *   log?: boolean,
 *   whole?: boolean,
 *   heightPx: number,
 *   limits?: { value: number, name: string }[],
 *   whiskers?: Whisker[],
 *   heat?: Series["heat"],
 *   lost?: Column,
 *   most?: number,
 *   note?: string,
 * }} Panel
 */

const dashes = /** @type {number[][]} */ ([[], [7, 3], [2, 3], [9, 3, 2, 3]]);
const partColors = ["accent", "series-2", "series-3", "series-4"];
const classGlyphs = /** @type {Record<string, string>} */ ({
  goal: "●",
  correction: "▲",
  card: "■",
  status: "◆",
  odds: "–",
});

/** @param {Line} line @param {LegendItem["summary"]} [summary] @returns {LegendItem} */
function itemOf(line, summary = "peak") {
  const { name, color, shape = "line", dash, hatched, column } = line;
  return {
    name,
    color,
    shape,
    columns: [column],
    summary,
    ...(dash ? { dash } : {}),
    ...(hatched ? { hatched } : {}),
  };
}

/** @param {Column} column */
const hasFigures = (column) => column.some((value) => value !== null);

/** @param {Column} column */
const peakOf = (column) =>
  column.reduce((/** @type {number} */ most, value) => Math.max(most, value ?? 0), 0);

/** @param {Series} series @returns {Column} */
const nothing = (series) => new Array(series.seconds).fill(null);

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

/**
 * One line a part: the few that stand out by themselves, the others in grey.
 * @param {{ name: string, column: Column }[]} parts
 * @param {(value: number) => string} format
 * @returns {Panel}
 */
function partsPanel(parts, format) {
  const told = parts.filter(({ column }) => hasFigures(column));
  const standOut = told
    .toSorted((a, b) => peakOf(b.column) - peakOf(a.column))
    .slice(0, partColors.length)
    .filter(({ column }) => peakOf(column) > 0 || told.length <= partColors.length);
  const others = told.filter((part) => !standOut.includes(part));
  /** @type {Line[]} */
  const lines = [
    ...others.map((part) => ({ ...part, color: "series-quiet", width: 1 })),
    ...standOut
      .map((part, index) => ({
        ...part,
        color: /** @type {string} */ (partColors[index]),
        dash: /** @type {number[]} */ (dashes[index]),
        width: 1.75,
      }))
      .reverse(),
  ];
  const legend = lines
    .slice(others.length)
    .reverse()
    .map((line) => itemOf(line));
  if (others.length > 0) {
    const name =
      others.length === 1
        ? /** @type {{ name: string }} */ (others[0]).name
        : `${others.length} others, most`;
    legend.push({
      name,
      color: "series-quiet",
      shape: "line",
      columns: [largestOf(others.map(({ column }) => column))],
      summary: "peak",
    });
  }
  return { lines, legend, format, heightPx: 130 };
}

/** @param {Column[]} columns @returns {Column} */
function largestOf(columns) {
  return (columns[0] ?? []).map((_, second) =>
    columns.reduce((/** @type {number | null} */ most, column) => {
      const value = column[second] ?? null;
      return value === null ? most : Math.max(most ?? value, value);
    }, null),
  );
}

/** @param {Column[]} columns @returns {Column} */
function sumOf(columns) {
  return (columns[0] ?? []).map((_, second) =>
    columns.reduce((/** @type {number | null} */ sum, column) => {
      const value = column[second] ?? null;
      return value === null ? sum : (sum ?? 0) + value;
    }, null),
  );
}

/** @param {Series} series @returns {Panel} */
function eventAgePanel(series) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {LegendItem[]} */
  const legend = [];
  /** @type {Whisker[]} */
  const whiskers = [];
  const order = Object.keys(classGlyphs);
  const classes = Object.keys(series.latency)
    .map((measure) => /^event_age\{class=([^}]+)\}$/.exec(measure)?.[1])
    .filter((name) => name !== undefined)
    .sort((a, b) => ((order.indexOf(a) + 99) % 99) - ((order.indexOf(b) + 99) % 99));
  for (const name of classes) {
    const { p50, p95, p99 } = /** @type {import("../../../measurements/series-latency.ts").Percentiles} */ (
      series.latency[`event_age{class=${name}}`]
    );
    const color = name in classGlyphs ? `class-${name}` : "series-quiet";
    const continuous = p50.filter((value) => value !== null).length > series.seconds / 4;
    const shape = continuous ? "line" : "whisker";
    const goal = name === "goal";
    const drawn = continuous ? "line" : "none";
    lines.push(
      { name: `${name} p50`, column: p50, color, shape: drawn, dash: [2, 3], width: goal ? 1.5 : 1 },
      { name: `${name} p95`, column: p95, color, shape: drawn, dash: [7, 3], width: goal ? 1.75 : 1.25 },
      { name: `${name} p99`, column: p99, color, shape: drawn, width: goal ? 2.5 : 1.75 },
    );
    const glyph = classGlyphs[name] ?? "○";
    if (!continuous) whiskers.push({ name, glyph, color, p50, p95, p99 });
    legend.push({ name, color, shape, glyph, columns: [p50, p95, p99], summary: "peak" });
  }
  const deadline = series.deadlinesMs.goal;
  const limits =
    deadline === undefined ? [] : [{ value: deadline, name: `goal deadline ${formatMs(deadline)}` }];
  return {
    lines,
    legend,
    format: formatMs,
    log: true,
    heightPx: 240,
    limits,
    // Goals are drawn last, above all others.
    whiskers: whiskers.reverse(),
    note: "p50 · p95 · p99",
  };
}

/** @param {Series} series @returns {Panel} */
function heatPanel({ heat, latency }) {
  const arrived = heat.cells.map((cells) =>
    cells === null ? null : cells.reduce((sum, value, index) => (index % 2 === 1 ? sum + value : sum), 0),
  );
  const most = Math.max(
    1,
    ...heat.cells.map((cells) =>
      (cells ?? []).reduce((top, value, at) => (at % 2 === 1 ? Math.max(top, value) : top), 0),
    ),
  );
  const buckets = heat.cells.flatMap((cells) => (cells ?? []).filter((_, index) => index % 2 === 0));
  // Lines that are not drawn: they give the scale its ends.
  const edge = (/** @type {number} */ bucket) => heat.edgesMs[bucket] ?? null;
  let least = Number.POSITIVE_INFINITY;
  let top = -1;
  for (const bucket of buckets) {
    least = Math.min(least, bucket);
    top = Math.max(top, bucket);
  }
  const ends = top < 0 ? [] : [edge(least), edge(top + 1)];
  return {
    lines: ends.map((value, index) => ({
      name: index === 0 ? "least" : "most",
      column: arrived.map((count) => (count === null ? null : value)),
      color: "class-goal",
      shape: "none",
    })),
    legend: [
      { name: "arrivals", color: "class-goal", shape: "none", columns: [arrived], summary: "peak" },
      ...(latency["event_age{class=goal}"]
        ? [
            {
              name: "of them goals",
              color: "class-goal",
              shape: /** @type {Shape} */ ("none"),
              columns: [latency["event_age{class=goal}"].count],
              summary: /** @type {"peak"} */ ("peak"),
            },
          ]
        : []),
    ],
    format: formatMs,
    log: true,
    heightPx: 170,
    heat,
    most,
  };
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

/** @type {Record<string, (series: Series) => Panel>} */
export const panels = {
  clients({ crowd }) {
    /** @type {Line[]} */
    const lines = [
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
      note: "cores",
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
