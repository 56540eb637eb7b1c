/** One chart: a uPlot on the shared time axis. */
import { color, hatch } from "./colors.js";
import {
  paintBandNames,
  paintBands,
  paintHeat,
  paintLimits,
  paintLost,
  paintTicks,
  paintWhiskers,
} from "./draw.js";
import { formatClock } from "./format.js";
import { durationS, pointAt, show, showAll, state } from "./state.js";

/**
 * @typedef {import("uplot")} Plot
 * @typedef {import("./panel.js").Panel} Panel
 * @typedef {import("./panel.js").Line} Line
 */

const UPlot = /** @type {{ uPlot: any }} */ (/** @type {unknown} */ (globalThis)).uPlot;

export const gutters = { left: 58, right: 20 };

/** Room for the numbers of the left axis; less on a phone. @param {number} width */
export function fitGutters(width) {
  gutters.left = width < 520 ? 50 : 58;
}

/** @param {HTMLElement} element @param {Panel} panel @param {number} width @returns {Plot} */
export function makePlot(element, panel, width) {
  element.replaceChildren();
  return new UPlot(options(panel, width), dataOf(panel), element);
}

/** @param {Panel} panel @returns {(number | null)[][]} */
function dataOf(panel) {
  const instants = Array.from({ length: state.series.seconds }, (_, second) => second + 0.5);
  const drawn = panel.lines.map(({ column, height }) => {
    const shown = height ?? column;
    // A logarithmic scale has no zero.
    return panel.log ? shown.map((value) => (value === null || value <= 0 ? null : value)) : shown;
  });
  return [instants, ...drawn];
}

/** @param {Panel} panel @param {number} width */
function options(panel, width) {
  const axis = {
    stroke: () => color("ink-soft"),
    font: "11px system-ui, sans-serif",
    ticks: { show: false },
    border: { show: false },
  };
  return {
    width,
    height: panel.heightPx,
    legend: { show: false },
    padding: [6, gutters.right, 0, 0],
    scales: {
      x: { time: false, range: () => [state.from, state.to] },
      y: panel.log
        ? {
            distr: 3,
            range: (/** @type {Plot} */ _, /** @type {number} */ min, /** @type {number} */ max) =>
              logRange(panel, min, max),
          }
        : {
            range: (/** @type {Plot} */ _, /** @type {number} */ __, /** @type {number} */ max) =>
              linearRange(panel, max),
          },
    },
    axes: [
      {
        ...axis,
        size: 24,
        gap: 4,
        space: 64,
        incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200],
        grid: { show: false },
        values: (/** @type {Plot} */ _, /** @type {number[]} */ splits) =>
          splits.map((split) => formatClock(split, durationS())),
      },
      {
        ...axis,
        size: gutters.left,
        gap: 6,
        space: 30,
        grid: { stroke: () => color("rule"), width: 1 },
        values: (/** @type {Plot} */ _, /** @type {(number | null)[]} */ splits) =>
          splits.map((split) => (split === null ? null : panel.format(split))),
        ...(panel.log
          ? {
              splits: (/** @type {Plot} */ plot) => logSplits(plot),
              filter: (/** @type {Plot} */ _, /** @type {number[]} */ splits) => splits,
            }
          : panel.whole
            ? { incrs: wholeSteps }
            : {}),
      },
    ],
    series: [{}, ...panel.lines.map(seriesOf)],
    cursor: {
      y: false,
      points: { show: false },
      sync: { key: "matchday", setSeries: false, scales: ["x", null] },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      bind: {
        dblclick: () => () => {
          showAll();
          return null;
        },
      },
    },
    hooks: {
      drawClear: [paintBands],
      drawAxes: [(/** @type {Plot} */ plot) => paintHeat(plot, panel)],
      draw: [
        (/** @type {Plot} */ plot) => paintTicks(plot, panel),
        (/** @type {Plot} */ plot) => paintLimits(plot, panel),
        (/** @type {Plot} */ plot) => paintWhiskers(plot, panel),
        (/** @type {Plot} */ plot) => paintLost(plot, panel),
        paintBandNames,
      ],
      setCursor: [followCursor],
      setSelect: [zoomToSelection],
    },
  };
}

const wholeSteps = [1, 2, 5, 10, 20, 50]
  .flatMap((step) => [step])
  .concat(Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** (power + 2))).flat());

/** @param {Line} line */
function seriesOf({ name, color: own, shape = "line", dash, width = 1.5, hatched }) {
  const drawn = shape === "line" || shape === "bar";
  return {
    label: name,
    stroke: shape === "bar" ? () => "transparent" : () => color(own),
    width: shape === "line" ? width : 0,
    ...(dash ? { dash } : {}),
    ...(shape === "bar"
      ? {
          fill: (/** @type {Plot} */ plot) =>
            hatched
              ? hatch(plot.ctx, color(own), 6 * devicePixelRatio, 2.5 * devicePixelRatio, color("paper"))
              : color(own),
          paths: UPlot.paths.bars({ size: [0.86, 60], align: 0 }),
        }
      : shape === "line"
        ? {}
        : { paths: () => null }),
    points: {
      show: shape === "line",
      size: width * 2 + 2,
      fill: () => color(own),
      filter: drawn ? alone : () => [],
    },
  };
}

/** Points without a neighbour are no line, and would not be seen. @param {Plot} plot @param {number} index */
function alone(plot, index) {
  const column = /** @type {(number | null)[]} */ (/** @type {unknown} */ (plot.data[index]));
  const found = [];
  for (let at = 0; at < column.length; at++) {
    if (column[at] != null && column[at - 1] == null && column[at + 1] == null) found.push(at);
  }
  return found;
}

/** @param {Panel} panel @param {number | null} max */
function linearRange({ limits = [], whole }, max) {
  const most = Math.max(max ?? 0, ...limits.map(({ value }) => value));
  return [0, most > 0 ? most * 1.24 : whole ? 5 : 1];
}

/** Whole decades that hold all figures and the limits. @param {Panel} panel @param {number | null} min @param {number | null} max */
function logRange({ limits = [], heat }, min, max) {
  const least = Math.min(min ?? 1, ...limits.map(({ value }) => value));
  const most = Math.max(max ?? 1000, ...limits.map(({ value }) => value));
  if (heat) return [least, Math.max(most, least * 10)];
  return [10 ** Math.floor(Math.log10(least) + 1e-9), 10 ** Math.ceil(Math.log10(most * 1.4) - 1e-9)];
}

/** @param {Plot} plot */
function logSplits(plot) {
  const { min = 1, max = 1000 } = /** @type {{ min?: number, max?: number }} */ (plot.scales.y ?? {});
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  const steps = to - from <= 2 ? [1, 2, 5] : [1];
  const splits = [];
  for (let power = from; power <= to; power++) for (const step of steps) splits.push(step * 10 ** power);
  return splits.filter((split) => split >= min * 0.999 && split <= max * 1.001);
}

/** @param {Plot} plot */
function followCursor(plot) {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) pointAt(null);
  else {
    const second = Math.floor(plot.posToVal(left, "x"));
    pointAt(Math.min(Math.max(0, second), state.series.seconds - 1));
  }
}

/** @type {[number, number] | undefined} */
let zoomTo;

/** All charts are told of a selection; its scale must stand until the last of them has read it. @param {Plot} plot */
function zoomToSelection(plot) {
  const { left, width } = plot.select;
  if (width < 4) return;
  zoomTo ??= [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  requestAnimationFrame(() => {
    if (zoomTo) show(...zoomTo);
    zoomTo = undefined;
  });
}
