/** Charts with a line for each part of the stack. */
import { hasFigures, itemOf, largestOf, peakOf } from "./panel.js";

/**
 * @typedef {import("./state.js").Series} Series
 * @typedef {import("./state.js").Column} Column
 * @typedef {import("./panel.js").Panel} Panel
 * @typedef {import("./panel.js").Line} Line
 * @typedef {import("./panel.js").LegendItem} LegendItem
 * @typedef {import("./panel.js").Shape} Shape
 * @typedef {import("./panel.js").Whisker} Whisker
 */

const dashes = /** @type {number[][]} */ ([[], [7, 3], [2, 3], [9, 3, 2, 3]]);
const partColors = ["accent", "series-2", "series-3", "series-4"];
/**
 * One line a part: the few that stand out by themselves, the others in grey.
 * @param {{ name: string, column: Column }[]} parts
 * @param {(value: number) => string} format
 * @returns {Panel}
 */
export function partsPanel(parts, format) {
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
