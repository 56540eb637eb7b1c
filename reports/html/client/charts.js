/** The column of charts: made, redrawn, resized, and moved along by pointer, touch and keyboard. */
import { figureOf, makeLegend } from "./legend.js";
import { panels } from "./panels.js";
import { fitGutters, gutters, makePlot } from "./plot.js";
import { onChange, pointAt, show, showAll, state, zoomBy } from "./state.js";
import { drawLanes, writeReadout } from "./timeline.js";

/** @typedef {import("uplot")} Plot @typedef {import("./panel.js").Panel} Panel */

const column = /** @type {HTMLElement} */ (document.getElementById("chart-column"));

/** @type {{ id: string, figure: HTMLElement, room: HTMLElement, plot: Plot | undefined, write: () => void }[]} */
const charts = [...column.querySelectorAll("figure.panel")].map((figure) => ({
  id: /** @type {HTMLElement} */ (figure).dataset.panel ?? "",
  figure: /** @type {HTMLElement} */ (figure),
  room: /** @type {HTMLElement} */ (figure.querySelector(".plot")),
  plot: undefined,
  write: () => {},
}));

let width = 0;

/** Draws everything anew from the series. */
export function drawCharts() {
  width = Math.floor(column.clientWidth);
  fitGutters(width);
  const problems = [];
  for (const chart of charts) {
    try {
      drawChart(chart);
    } catch (error) {
      // One chart that cannot be drawn takes no other with it.
      chart.room.replaceChildren("This chart cannot be drawn.");
      problems.push(error);
    }
  }
  drawLanes();
  writeReadout();
  for (const problem of problems) console.error(problem);
}

/** @param {(typeof charts)[number]} chart */
function drawChart(chart) {
  chart.plot?.destroy();
  chart.plot = undefined;
  const panel = /** @type {(series: typeof state.series) => Panel} */ (panels[chart.id])(state.series);
  chart.write = makeLegend(/** @type {HTMLElement} */ (chart.figure.querySelector(".legend")), panel);
  const empty = panel.legend.every(({ columns }) =>
    columns.every((values) => values.every((value) => value === null)),
  );
  chart.figure.classList.toggle("is-empty", empty);
  if (empty) {
    const words = document.createElement("p");
    words.className = "none";
    words.textContent = "no data";
    chart.room.replaceChildren(words);
  } else {
    chart.plot = makePlot(chart.room, panel, width);
  }
  chart.room.setAttribute("aria-label", spoken(chart.figure, panel, empty));
  chart.figure.dataset.drawn = empty ? "empty" : "yes";
  chart.write();
}

/** The chart in words, for who cannot see it. @param {HTMLElement} figure @param {Panel} panel @param {boolean} empty */
function spoken(figure, panel, empty) {
  const title = figure.querySelector("h3")?.textContent ?? "";
  if (empty) return `${title}: no data`;
  const figures = panel.legend.map((item) => `${item.name} ${figureOf(item, item.format ?? panel.format)}`);
  return `${title}, by second: ${figures.join("; ")}`;
}

/** @param {number} wanted in CSS pixels; the column's own width unless given */
export function resizeCharts(wanted = Math.floor(column.clientWidth)) {
  if (wanted === width || wanted <= 0) return;
  width = wanted;
  fitGutters(width);
  drawAt(width);
}

/** @param {number} newWidth */
function drawAt(newWidth) {
  for (const { plot } of charts) plot?.setSize({ width: newWidth, height: plot.height });
  drawLanes();
}

export function repaint() {
  for (const { plot } of charts) plot?.redraw(false);
  drawLanes();
}

onChange("view", () => {
  for (const { plot, write } of charts) {
    plot?.setScale("x", { min: state.from, max: state.to });
    write();
  }
  if (state.second !== null) moveTo(state.second);
  drawLanes();
  writeReadout();
});

let writing = 0;
onChange("second", () => {
  if (writing) return;
  // A fast pointer passes many seconds a frame; only the last is read.
  writing = requestAnimationFrame(() => {
    writing = 0;
    for (const { write } of charts) write();
    writeReadout();
  });
});

/** Puts the cursor of all charts on one second. @param {number | null} second */
function moveTo(second) {
  for (const { plot } of charts) {
    if (!plot) continue;
    // From what is to be seen, since a chart takes its new scale on only at its next frame.
    const share = second === null ? 0 : (second + 0.5 - state.from) / (state.to - state.from);
    const left = second === null ? -10 : share * plot.over.clientWidth;
    plot.setCursor({ left, top: second === null ? -10 : 10 }, false);
  }
  pointAt(second);
}

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const keys = {
  ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
  Home: () => goTo(0),
  End: () => goTo(state.series.seconds - 1),
  "+": () => zoomBy(0.5),
  "=": () => zoomBy(0.5),
  "-": () => zoomBy(2),
  Escape: () => {
    moveTo(null);
    showAll();
  },
};

/** @param {number} seconds */
function step(seconds) {
  goTo(state.second === null ? Math.floor(state.from) : state.second + seconds);
}

/** Points at a second, and brings it into sight. @param {number} second */
function goTo(second) {
  const { series, from, to } = state;
  if (series.seconds === 0) return;
  const inside = Math.min(Math.max(0, second), series.seconds - 1);
  if (inside < from || inside + 1 > to) show(inside + 0.5 - (to - from) / 2, inside + 0.5 + (to - from) / 2);
  moveTo(inside);
}

column.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

/** A finger has no hover: where it touches a chart is pointed at, and stays. @param {PointerEvent} event */
function touch(event) {
  if (event.pointerType === "mouse") return;
  const room = /** @type {HTMLElement} */ (event.target).closest(".plot");
  if (!room) return;
  const { left } = room.getBoundingClientRect();
  const share = (event.clientX - left - gutters.left) / (width - gutters.left - gutters.right);
  if (share < 0 || share > 1) return;
  const second = Math.floor(state.from + share * (state.to - state.from));
  moveTo(Math.min(Math.max(0, second), state.series.seconds - 1));
}
column.addEventListener("pointerdown", touch);
column.addEventListener("pointermove", touch);

for (const button of column.querySelectorAll("[data-zoom]")) {
  const how = /** @type {HTMLElement} */ (button).dataset.zoom;
  button.addEventListener("click", () => (how === "all" ? showAll() : zoomBy(how === "in" ? 0.5 : 2)));
}
