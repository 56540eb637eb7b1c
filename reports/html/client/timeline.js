/** The lanes above the charts: phases, faults and what happened in the match; each can be zoomed to. */
import { formatClock, formatCount, formatMs } from "./format.js";
import { gutters } from "./plot.js";
import { durationS, isZoomed, phaseAt, show, state } from "./state.js";

const lanes = /** @type {HTMLElement} */ (document.getElementById("lanes"));
const readout = /** @type {HTMLElement} */ (document.getElementById("readout"));

/** @param {string} name */
function lane(name) {
  const row = document.createElement("div");
  row.className = `lane lane-${name}`;
  row.style.marginLeft = `${gutters.left}px`;
  row.style.marginRight = `${gutters.right}px`;
  return row;
}

/** Where an instant stands in the lane, in per cent of its width. @param {number} atMs */
const place = (atMs) => ((atMs / 1000 - state.from) / (state.to - state.from)) * 100;

/** @param {HTMLElement} row @param {string} text @param {{ fromMs: number, toMs: number }} stretch @param {string} title */
function addStretch(row, text, { fromMs, toMs }, title) {
  const left = Math.max(0, place(fromMs));
  const right = Math.min(100, place(toMs));
  if (right <= 0 || left >= 100 || right <= left) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "stretch";
  button.textContent = text;
  button.title = title;
  button.style.left = `${left}%`;
  button.style.width = `${right - left}%`;
  const marginS = Math.max(2, (toMs - fromMs) / 5000);
  button.addEventListener("click", () => show(fromMs / 1000 - marginS, toMs / 1000 + marginS));
  row.append(button);
}

export function drawLanes() {
  const { phases, faults, moments } = state.series;
  const clock = (/** @type {number} */ ms) => formatClock(ms / 1000, durationS());
  const rows = [];
  const phaseLane = lane("phases");
  for (const phase of phases) {
    addStretch(phaseLane, phase.name, phase, `${phase.name}, ${clock(phase.fromMs)} to ${clock(phase.toMs)}`);
  }
  rows.push(phaseLane);
  // Faults at the same time stand one below the other.
  /** @type {{ row: HTMLElement, endMs: number }[]} */
  const faultLanes = [];
  for (const fault of faults.toSorted((a, b) => a.fromMs - b.fromMs)) {
    let free = faultLanes.find(({ endMs }) => endMs <= fault.fromMs);
    if (!free) {
      free = { row: lane("faults"), endMs: 0 };
      faultLanes.push(free);
    }
    free.endMs = fault.toMs;
    const how = fault.state === "healed" ? "" : ` (${fault.state})`;
    const title = `${fault.band}, ${clock(fault.fromMs)} to ${clock(fault.toMs)}${how}`;
    addStretch(free.row, fault.band + how, fault, title);
  }
  rows.push(...faultLanes.map(({ row }) => row));
  if (moments.length > 0) rows.push(momentLane(moments, clock));
  lanes.replaceChildren(...rows);
}

/** @param {import("./state.js").Series["moments"]} moments @param {(ms: number) => string} clock */
function momentLane(moments, clock) {
  const row = lane("moments");
  const roomPx = Math.max(200, lanes.clientWidth - gutters.left - gutters.right);
  let labelEnd = Number.NEGATIVE_INFINITY;
  for (const { atMs, class: name, label } of moments) {
    const at = place(atMs);
    if (at < 0 || at > 100) continue;
    const mark = document.createElement("span");
    mark.className = `moment is-${/^\w+$/.test(name) ? name : "other"}`;
    mark.style.left = `${at}%`;
    mark.title = `${label} at ${clock(atMs)}`;
    const words = label.toLowerCase().replaceAll("_", " ");
    const startPx = (at / 100) * roomPx;
    const widthPx = words.length * 6 + 14;
    // A label that would run into the one before or out of the lane is left to the title.
    if (startPx > labelEnd && startPx + widthPx < roomPx) {
      mark.textContent = words;
      labelEnd = startPx + widthPx;
    }
    row.append(mark);
  }
  return row;
}

/** Says where one is, and the figures that matter most. */
export function writeReadout() {
  const { second, series } = state;
  const clock = (/** @type {number} */ at) => formatClock(at, durationS());
  if (second === null) {
    readout.textContent = isZoomed()
      ? `${clock(state.from)} to ${clock(state.to)} of ${clock(durationS())}`
      : `0 to ${clock(durationS())}`;
    return;
  }
  const atMs = second * 1000 + 500;
  const bands = series.faults.filter(({ fromMs, toMs }) => atMs >= fromMs - 500 && atMs < toMs + 500);
  const parts = [
    `${clock(second)} to ${clock(second + 1)}`,
    phaseAt(atMs)?.name,
    ...bands.map(({ band }) => band),
    figure("open", series.crowd.open, formatCount),
    figure("goal p99", series.latency["event_age{class=goal}"]?.p99, formatMs),
    figure("stale odds p99", series.latency.stale_odds_age?.p99, formatMs),
    figure("lost", series.delivery.lost, formatCount),
  ];
  readout.textContent = parts.filter(Boolean).join("  ·  ");

  /** @param {string} name @param {(number | null)[] | undefined} column @param {(value: number) => string} format */
  function figure(name, column, format) {
    const value = column?.[/** @type {number} */ (second)];
    return value == null || (name === "lost" && value === 0) ? "" : `${name} ${format(value)}`;
  }
}
