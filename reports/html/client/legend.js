/** What stands above each chart: its lines by name, with their figures at the second that is pointed at. */
import { state } from "./state.js";

/** @typedef {import("./panel.js").Panel} Panel @typedef {import("./panel.js").LegendItem} LegendItem */

const svgSpace = "http://www.w3.org/2000/svg";

/** @param {HTMLElement} list @param {Panel} panel @returns {() => void} writes the figures anew */
export function makeLegend(list, panel) {
  /** @type {{ item: LegendItem, figure: HTMLElement }[]} */
  const rows = [];
  list.replaceChildren();
  if (panel.note) {
    const note = document.createElement("li");
    note.className = "note";
    note.textContent = panel.note;
    list.append(note);
  }
  for (const item of panel.legend) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = item.name;
    const figure = document.createElement("span");
    figure.className = "figure";
    row.append(sample(item), name, " ", figure);
    list.append(row);
    rows.push({ item, figure });
  }
  return () => {
    for (const { item, figure } of rows) figure.textContent = figureOf(item, item.format ?? panel.format);
  };
}

/** @param {LegendItem} item @param {(value: number) => string} format */
export function figureOf({ columns, summary }, format) {
  const values = columns.map((column) =>
    state.second === null ? whole(column, summary) : column[state.second],
  );
  if (values.every((value) => value == null)) return "–";
  const text = values.map((value) => (value == null ? "–" : format(value))).join(" · ");
  if (state.second !== null) return text;
  return summary === "peak" ? `max ${text}` : text;
}

/** Over what is seen. @param {(number | null)[]} column @param {LegendItem["summary"]} summary */
function whole(column, summary) {
  const seen = column
    .slice(Math.max(0, Math.floor(state.from)), Math.ceil(state.to))
    .filter((value) => value !== null);
  if (seen.length === 0) return null;
  if (summary === "sum") return seen.reduce((sum, value) => sum + value, 0);
  return seen.reduce((best, value) => Math.max(best, value));
}

/** A short piece of the line itself. @param {LegendItem} item */
function sample({ color, shape, dash, hatched, glyph }) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 22 12");
  svg.setAttribute("width", "22");
  svg.setAttribute("height", "12");
  svg.setAttribute("aria-hidden", "true");
  svg.style.color = `var(--${color})`;
  /** @param {string} name @param {Record<string, string>} attributes */
  const add = (name, attributes) => {
    const element = document.createElementNS(svgSpace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
    return element;
  };
  if (shape === "bar" || shape === "none") {
    add("rect", {
      x: "5",
      y: "1",
      width: "12",
      height: "10",
      fill: hatched ? "none" : "currentColor",
      stroke: "currentColor",
    });
    if (hatched)
      add("path", { d: "M5 7l6-6M7 11l10-10M13 11l4-4", stroke: "currentColor", "stroke-width": "1.5" });
  } else if (shape === "whisker" && glyph) {
    const text = add("text", {
      x: "11",
      y: "10.5",
      "text-anchor": "middle",
      "font-size": "13",
      fill: "currentColor",
    });
    text.textContent = glyph;
  } else {
    add("path", {
      d: "M0 6h22",
      stroke: "currentColor",
      "stroke-width": "2",
      "stroke-dasharray": (dash ?? []).join(" ") || "none",
    });
  }
  return svg;
}
