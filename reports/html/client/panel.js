/** What a chart is made of, and what is done with columns of figures. */

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
 *   summary: "peak" | "sum",
 *   format?: (value: number) => string,
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

/** @param {Line} line @param {LegendItem["summary"]} [summary] @returns {LegendItem} */
export function itemOf(line, summary = "peak") {
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
export const hasFigures = (column) => column.some((value) => value !== null);

/** @param {Column} column */
export const peakOf = (column) =>
  column.reduce((/** @type {number} */ most, value) => Math.max(most, value ?? 0), 0);

/** @param {Series} series @returns {Column} */
export const nothing = (series) => new Array(series.seconds).fill(null);

/** @param {Column[]} columns @returns {Column} */
export function largestOf(columns) {
  return (columns[0] ?? []).map((_, second) =>
    columns.reduce((/** @type {number | null} */ most, column) => {
      const value = column[second] ?? null;
      return value === null ? most : Math.max(most ?? value, value);
    }, null),
  );
}

/** @param {Column[]} columns @returns {Column} */
export function sumOf(columns) {
  return (columns[0] ?? []).map((_, second) =>
    columns.reduce((/** @type {number | null} */ sum, column) => {
      const value = column[second] ?? null;
      return value === null ? sum : (sum ?? 0) + value;
    }, null),
  );
}
