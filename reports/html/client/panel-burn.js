/** How fast error budgets were used. */
import { formatMs } from "./format.js";
import { itemOf, peakOf } from "./panel.js";

/**
 * @typedef {import("./state.js").Series} Series
 * @typedef {import("./panel.js").Panel} Panel
 * @typedef {import("./panel.js").Line} Line
 */

const colors = ["fail", "accent", "series-3"];
const dashes = /** @type {number[][]} */ ([[], [5, 4]]);

/** The SLOs that burned fastest: the shortest window drawn through, longer ones dashed. @param {Series} series @returns {Panel} */
export function burnPanel({ burn = [] }) {
  const fastest = burn
    .map((line) => ({ ...line, peak: Math.max(...line.windows.map((window) => peakOf(window.burn))) }))
    .toSorted((a, b) => b.peak - a.peak)
    .slice(0, colors.length);
  /** @type {Line[]} */
  const lines = fastest.flatMap(({ title, windows }, index) =>
    windows.map(({ windowMs, burn: column }, nth) => ({
      name: `${title}, ${formatMs(windowMs)}`,
      column,
      color: /** @type {string} */ (colors[index]),
      dash: /** @type {number[]} */ (dashes[Math.min(nth, dashes.length - 1)]),
      width: nth === 0 ? 2 : 1.5,
    })),
  );
  const others = burn.length - fastest.length;
  return {
    lines,
    legend: lines.map((line) => itemOf(line)),
    format: formatBurn,
    log: true,
    heightPx: 170,
    limits: [{ value: 1, name: "what the target allows" }],
    ...(others > 0 ? { note: `and ${others} slower` } : {}),
  };
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {number} burn */
const formatBurn = (burn) => `${burn < 1000 ? Number(burn.toPrecision(3)) : whole.format(burn)} ×`;
