/** How old events were when they came: by class, and every single one. */
import { formatCount, formatMs } from "./format.js";

/**
 * @typedef {import("./state.js").Series} Series
 * @typedef {import("./state.js").Column} Column
 * @typedef {import("./panel.js").Panel} Panel
 * @typedef {import("./panel.js").Line} Line
 * @typedef {import("./panel.js").LegendItem} LegendItem
 * @typedef {import("./panel.js").Shape} Shape
 * @typedef {import("./panel.js").Whisker} Whisker
 */

const classGlyphs = /** @type {Record<string, string>} */ ({
  goal: "●",
  correction: "▲",
  card: "■",
  status: "◆",
  odds: "–",
});

/** @param {Series} series @returns {Panel} */
export function eventAgePanel(series) {
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
    whiskers,
    note: "p50 · p95 · p99 of",
  };
}

/** @param {Series} series @returns {Panel} */
export function heatPanel({ heat, latency }) {
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
      {
        name: "arrivals",
        color: "heat",
        shape: "none",
        columns: [arrived],
        summary: "sum",
        format: formatCount,
      },
      ...(latency["event_age{class=goal}"]
        ? [
            {
              name: "of them goals",
              color: "class-goal",
              shape: /** @type {Shape} */ ("none"),
              columns: [latency["event_age{class=goal}"].count],
              summary: /** @type {"sum"} */ ("sum"),
              format: formatCount,
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
