import { html, type Markup } from "../markup.ts";
import type { Baseline, BaselineRow } from "../view.ts";
import { figure, noFigure } from "../words.ts";

const words: Record<BaselineRow["change"], { glyph: string; text: string; name: string }> = {
  better: { glyph: "▲", text: "better", name: "pass" },
  worse: { glyph: "▼", text: "worse", name: "fail" },
  noise: { glyph: "=", text: "no more than noise", name: "open" },
  unknown: { glyph: noFigure, text: "cannot be compared", name: "open" },
};

export function baselineSection({ name, rows }: Baseline): Markup {
  return html`<section id="baseline" aria-labelledby="baseline-title">
  <h2 id="baseline-title">Against the baseline <span class="tally">${name}</span></h2>
  ${
    rows.length === 0
      ? html`<p class="none">The two runs have no measure in common.</p>`
      : html`<table class="cards" role="table">
  <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Measure</th><th role="columnheader" scope="col">Phase</th><th role="columnheader" scope="col" class="number">Now</th><th role="columnheader" scope="col" class="number">Then</th><th role="columnheader" scope="col" class="number">Difference</th><th role="columnheader" scope="col">More than noise</th></tr></thead>
  <tbody role="rowgroup">${rows.map((row) => {
    const { glyph, text, name: tone } = words[row.change];
    return html`<tr role="row" class="${row.change === "worse" && "failed"}"><th role="rowheader" scope="row"><code>${row.measure}</code></th><td role="cell" data-label="Phase">${row.phase ?? "all"}</td><td role="cell" data-label="Now" class="number observed">${figure(row.now, row.unit)}</td><td role="cell" data-label="Then" class="number">${figure(row.before, row.unit)}</td><td role="cell" data-label="Difference" class="number">${difference(row)}</td><td role="cell" data-label="More than noise"><span class="mark is-${tone}" aria-hidden="true">${glyph}</span> ${text}</td></tr>`;
  })}</tbody>
</table>`
  }
</section>`;
}

function difference({ now, before }: BaselineRow): string {
  if (now === null || before === null || before === 0) return noFigure;
  const share = (now / before - 1) * 100;
  const digits = Math.abs(share) < 10 ? 1 : 0;
  return `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(share).toFixed(digits)} %`;
}
