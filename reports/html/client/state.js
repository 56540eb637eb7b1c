/**
 * What all charts share: the data, the stretch of time that is seen, and the second that is pointed at.
 * @typedef {import("../../../measurements/series.ts").Series} Series
 * @typedef {import("../../../measurements/series.ts").Column} Column
 */

/** The closest that can be looked at. */
const leastSpanS = 4;

export const state = {
  /** @type {Series} */
  series: JSON.parse(document.getElementById("series")?.textContent ?? "{}"),
  /** Seconds; what is seen. */
  from: 0,
  to: 1,
  /** @type {number | null} index of the second that is pointed at */
  second: null,
};

/** @type {{ view: (() => void)[], second: (() => void)[] }} */
const listeners = { view: [], second: [] };

/**
 * @param {keyof typeof listeners} what
 * @param {() => void} listener
 */
export function onChange(what, listener) {
  listeners[what].push(listener);
}

export function durationS() {
  return Math.max(1, state.series.durationMs / 1000);
}

export function isZoomed() {
  return state.to - state.from < durationS() - 0.001;
}

/**
 * Shows a stretch of the run on all charts.
 * @param {number} from seconds
 * @param {number} to seconds
 */
export function show(from, to) {
  const whole = durationS();
  const span = Math.min(whole, Math.max(to - from, leastSpanS));
  const middle = (from + to) / 2;
  state.from = Math.min(Math.max(0, middle - span / 2), whole - span);
  state.to = state.from + span;
  for (const listener of listeners.view) listener();
}

export function showAll() {
  show(0, durationS());
}

/** @param {number} factor below 1 comes closer; around the second that is pointed at, else the middle */
export function zoomBy(factor) {
  const span = (state.to - state.from) * factor;
  const around = state.second === null ? (state.from + state.to) / 2 : state.second + 0.5;
  show(around - span / 2, around + span / 2);
}

/** @param {number | null} second */
export function pointAt(second) {
  if (second === state.second) return;
  state.second = second;
  for (const listener of listeners.second) listener();
}

/** @param {number} atMs */
export function phaseAt(atMs) {
  return state.series.phases.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}
