/** The page of a run that goes on: asks once a second for all of it, until it is told that no more comes. */
import { drawCharts } from "./charts.js";
import { isZoomed, showAll, state } from "./state.js";

const everyMs = 1000;

/**
 * Takes a new state of the run in.
 * @param {import("../../html.ts").LiveUpdate} update
 */
export function update({ series, sections, title }) {
  const followed = !isZoomed();
  state.series = series;
  document.title = title;
  for (const [id, markup] of Object.entries(sections)) {
    const part = document.getElementById(id);
    // Unchanged parts are left alone, so that what a reader has opened or selected stays.
    if (part && part.dataset.markup !== markup) {
      part.dataset.markup = markup;
      part.innerHTML = markup;
    }
  }
  if (followed) showAll();
  drawCharts();
}

/** @param {string} url */
export async function follow(url) {
  for (let missed = 0; ; ) {
    try {
      const answer = await fetch(url, { cache: "no-store" });
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      const next = await answer.json();
      missed = 0;
      update(next);
      document.documentElement.dataset.live = next.done ? "ended" : "on";
      if (next.done) return;
    } catch {
      missed++;
      document.documentElement.dataset.live = "lost";
      // The conductor is gone for good: what was seen last stays.
      if (missed > 30) return;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
