/** What is painted into a chart beside its lines: faults, phases, whiskers, heat, marks. */
import { color, hatch } from "./colors.js";
import { formatCount } from "./format.js";
import { state } from "./state.js";

/** @typedef {import("uplot")} Plot @typedef {import("./panel.js").Panel} Panel */

const ratio = () => window.devicePixelRatio || 1;

/** @param {Plot} plot @param {(context: CanvasRenderingContext2D) => void} paint */
function inside(plot, paint) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paint(ctx);
  ctx.restore();
}

/** @param {number} px @param {boolean} [bold] */
const font = (px, bold) => `${bold ? "600 " : ""}${px * ratio()}px system-ui, sans-serif`;

/** Under the lines: where a fault was, and where a phase begins. @param {Plot} plot */
export function paintBands(plot) {
  inside(plot, (context) => {
    const { top, height } = plot.bbox;
    context.strokeStyle = color("rule-strong");
    context.lineWidth = ratio();
    context.setLineDash([ratio(), 3 * ratio()]);
    for (const { fromMs } of state.series.phases.slice(1)) {
      const x = Math.round(plot.valToPos(fromMs / 1000, "x", true));
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
    }
    context.setLineDash([]);
    for (const fault of state.series.faults) {
      const from = plot.valToPos(fault.fromMs / 1000, "x", true);
      const width = Math.max(plot.valToPos(fault.toMs / 1000, "x", true) - from, 2);
      context.globalAlpha = fault.state === "planned" ? 0.35 : 1;
      context.fillStyle = color("fault-fill");
      context.fillRect(from, top, width, height);
      context.fillStyle = hatch(context, color("fault-line"), Math.round(9 * ratio()), ratio() * 0.75);
      context.fillRect(from, top, width, height);
      context.fillStyle = color("fault-edge");
      context.fillRect(from, top, ratio(), height);
      context.fillRect(from + width - ratio(), top, ratio(), height);
      context.globalAlpha = 1;
    }
  });
}

/** Above the lines, so that they can be read: the names of the faults. @param {Plot} plot */
export function paintBandNames(plot) {
  inside(plot, (context) => {
    const { left, top } = plot.bbox;
    context.font = font(10.5, true);
    context.textBaseline = "top";
    context.textAlign = "left";
    /** @type {number[]} where each row of names ends */
    const rows = [];
    for (const { band, fromMs, toMs } of state.series.faults.toSorted((a, b) => a.fromMs - b.fromMs)) {
      if (toMs / 1000 < state.from || fromMs / 1000 > state.to) continue;
      const { width } = context.measureText(band);
      const wanted = Math.max(plot.valToPos(fromMs / 1000, "x", true), left) + 4 * ratio();
      const x = Math.min(wanted, left + plot.bbox.width - width - 3 * ratio());
      let row = rows.findIndex((end) => end < x);
      if (row < 0) row = rows.length;
      rows[row] = x + width + 6 * ratio();
      const y = top + (3 + row * 13) * ratio();
      context.fillStyle = color("paper");
      context.globalAlpha = 0.75;
      context.fillRect(x - 2 * ratio(), y - ratio(), width + 4 * ratio(), 13 * ratio());
      context.globalAlpha = 1;
      context.fillStyle = color("fault-ink");
      context.fillText(band, x, y);
    }
  });
}

/** Figures that a line is measured against. @param {Plot} plot @param {Panel} panel */
export function paintLimits(plot, { limits = [] }) {
  inside(plot, (context) => {
    const { left, width } = plot.bbox;
    for (const { value, name } of limits) {
      const y = Math.round(plot.valToPos(value, "y", true));
      context.strokeStyle = color("ink-soft");
      context.lineWidth = ratio();
      context.setLineDash([6 * ratio(), 4 * ratio()]);
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.stroke();
      context.font = font(10.5);
      context.fillStyle = color("ink-soft");
      context.textAlign = "right";
      context.textBaseline = "bottom";
      context.fillText(name, left + width - 4 * ratio(), y - 2 * ratio());
    }
  });
}

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/**
 * p50 to p99 of events that come now and then: a stem from the one to the other, and the class's own glyph on top.
 * Goals are drawn last, above all others, and get their labels first.
 * @param {Plot} plot @param {Panel} panel
 */
export function paintWhiskers(plot, { whiskers = [], format }) {
  inside(plot, (context) => {
    for (const whisker of whiskers.toReversed()) paintStems(plot, context, whisker);
    /** @type {Box[]} */
    const taken = [];
    for (const whisker of whiskers) labelStems(plot, context, whisker, format, taken);
  });
}

/** The seconds in sight that have figures. @param {import("./panel.js").Whisker} whisker */
function* stems({ p50, p95, p99 }) {
  const last = Math.min(p99.length, state.to);
  for (let second = Math.max(0, Math.floor(state.from)); second < last; second++) {
    const [low, middle, high] = [p50[second], p95[second], p99[second]];
    if (low != null && middle != null && high != null) yield { at: second + 0.5, low, middle, high };
  }
}

/** @param {Plot} plot @param {CanvasRenderingContext2D} context @param {import("./panel.js").Whisker} whisker */
function paintStems(plot, context, whisker) {
  const goal = whisker.name === "goal";
  const roomPx = plot.bbox.width / Math.max(1, state.to - state.from);
  const half = Math.min(5 * ratio(), Math.max(roomPx / 2, ratio()));
  context.strokeStyle = context.fillStyle = color(whisker.color);
  context.lineWidth = (goal ? 2.5 : 1.5) * ratio();
  context.font = font(goal ? 15 : 11);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { at, low, middle, high } of stems(whisker)) {
    const x = plot.valToPos(at, "x", true);
    const lowY = plot.valToPos(low, "y", true);
    const middleY = plot.valToPos(middle, "y", true);
    const highY = plot.valToPos(high, "y", true);
    context.beginPath();
    context.moveTo(x, lowY);
    context.lineTo(x, highY);
    context.moveTo(x - half, lowY);
    context.lineTo(x + half, lowY);
    context.moveTo(x - half * 0.7, middleY);
    context.lineTo(x + half * 0.7, middleY);
    context.stroke();
    context.fillText(whisker.glyph, x, highY);
  }
}

/**
 * A label that would cover another is left out: the glyph says which class it is.
 * @param {Plot} plot @param {CanvasRenderingContext2D} context @param {import("./panel.js").Whisker} whisker
 * @param {(value: number) => string} format @param {Box[]} taken
 */
function labelStems(plot, context, whisker, format, taken) {
  const goal = whisker.name === "goal";
  const { left, width: room } = plot.bbox;
  context.font = font(goal ? 12 : 10.5, goal);
  context.textAlign = "center";
  context.textBaseline = "bottom";
  for (const { at, high } of stems(whisker)) {
    const text = goal ? `goal ${format(high)}` : whisker.name;
    const half = context.measureText(text).width / 2;
    const x = Math.min(Math.max(plot.valToPos(at, "x", true), left + half + 2), left + room - half - 2);
    const bottom = plot.valToPos(high, "y", true) - 9 * ratio();
    const box = {
      left: x - half - 4,
      right: x + half + 4,
      top: bottom - 14 * ratio(),
      bottom: bottom + 14 * ratio(),
    };
    const covers = (/** @type {Box} */ other) =>
      box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
    if (taken.some(covers)) continue;
    taken.push(box);
    context.lineWidth = 3 * ratio();
    context.strokeStyle = color("paper");
    context.strokeText(text, x, bottom);
    context.fillStyle = color(whisker.color);
    context.fillText(text, x, bottom);
  }
}

/** One cell a second and bucket; how dark says how many, on a logarithmic scale. @param {Plot} plot @param {Panel} panel */
export function paintHeat(plot, { heat, most = 1 }) {
  if (!heat) return;
  inside(plot, (context) => {
    context.fillStyle = color("heat");
    const scale = Math.log(most + 1);
    for (
      let second = Math.max(0, Math.floor(state.from));
      second < Math.min(heat.cells.length, state.to);
      second++
    ) {
      const cells = heat.cells[second];
      if (!cells) continue;
      const left = plot.valToPos(second, "x", true);
      const width = Math.max(
        plot.valToPos(second + 1, "x", true) - left - (state.to - state.from < 200 ? 1 : 0),
        1,
      );
      for (let at = 0; at < cells.length; at += 2) {
        const bucket = /** @type {number} */ (cells[at]);
        const high = plot.valToPos(/** @type {number} */ (heat.edgesMs[bucket + 1]), "y", true);
        const low = plot.valToPos(/** @type {number} */ (heat.edgesMs[bucket]), "y", true);
        context.globalAlpha = 0.1 + (0.9 * Math.log(/** @type {number} */ (cells[at + 1]) + 1)) / scale;
        context.fillRect(left, high, width, low - high - 1);
      }
    }
  });
}

/** What was owed, as a lid on each second's bar. @param {Plot} plot @param {Panel} panel */
export function paintTicks(plot, { lines }) {
  inside(plot, (context) => {
    for (const { column, color: own } of lines.filter(({ shape }) => shape === "tick")) {
      context.strokeStyle = color(own);
      context.lineWidth = 1.5 * ratio();
      context.beginPath();
      for (
        let second = Math.max(0, Math.floor(state.from));
        second < Math.min(column.length, state.to);
        second++
      ) {
        const value = column[second];
        if (value == null || value === 0) continue;
        const y = plot.valToPos(value, "y", true);
        context.moveTo(plot.valToPos(second, "x", true), y);
        context.lineTo(plot.valToPos(second + 1, "x", true), y);
      }
      context.stroke();
    }
  });
}

/** A handful lost of thousands is no visible bar: it is marked, with its number. @param {Plot} plot @param {Panel} panel */
export function paintLost(plot, { lost }) {
  if (!lost) return;
  inside(plot, (context) => {
    const { top } = plot.bbox;
    context.textAlign = "center";
    context.font = font(11, true);
    context.fillStyle = color("fail");
    let labelEnd = Number.NEGATIVE_INFINITY;
    for (
      let second = Math.max(0, Math.floor(state.from));
      second < Math.min(lost.length, state.to);
      second++
    ) {
      const value = lost[second];
      if (!value) continue;
      const x = plot.valToPos(second + 0.5, "x", true);
      const y = top + 34 * ratio();
      const half = 4.5 * ratio();
      context.beginPath();
      context.moveTo(x - half, y);
      context.lineTo(x + half, y);
      context.lineTo(x, y + 8 * ratio());
      context.fill();
      const text = `${formatCount(value)} lost`;
      const { width } = context.measureText(text);
      if (x - width / 2 < labelEnd) continue;
      labelEnd = x + width / 2 + 6 * ratio();
      context.textBaseline = "bottom";
      context.lineWidth = 3 * ratio();
      context.strokeStyle = color("paper");
      context.strokeText(text, x, y - 2 * ratio());
      context.fillText(text, x, y - 2 * ratio());
    }
  });
}
