/** Figures as the page writes them; durations as everywhere else in Matchday. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {number} value */
export function formatCount(value) {
  return whole.format(value);
}

/**
 * @param {number} value in milliseconds
 * @returns {string}
 */
export function formatMs(value) {
  if (value < 0) return `-${formatMs(-value)}`;
  if (value === 0) return "0 ms";
  if (value < 9.95) return `${Number(value.toPrecision(2))} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 9995) return `${Number((value / 1000).toFixed(2))} s`;
  if (value < 119_950) return `${Number((value / 1000).toFixed(1))} s`;
  const seconds = Math.round(value / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {number} value */
export function formatBytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

/** @param {number} value in cores */
export function formatCores(value) {
  return value < 1 ? String(Number(value.toFixed(2))) : String(Number(value.toFixed(1)));
}

/**
 * The run's clock: seconds, and minutes once the run is longer than ten.
 * @param {number} second
 * @param {number} durationS of the whole run
 */
export function formatClock(second, durationS) {
  if (durationS <= 600) return `${Number(second.toFixed(1))} s`;
  const at = Math.round(second);
  return `${Math.floor(at / 60)}:${String(at % 60).padStart(2, "0")}`;
}
