import { html, type Markup } from "../markup.ts";
import type { PanelFrame } from "../panels.ts";

/** The frames of the charts; the browser draws into them. */
export function charts(frames: readonly PanelFrame[]): Markup {
  return html`<section id="charts" aria-labelledby="charts-title">
  <h2 id="charts-title">Second by second</h2>
  <p class="hint screen-only" id="charts-hint"><span class="fine">Point at an instant to read every chart there. Drag to zoom, double-click to see all.</span><span class="coarse">Touch an instant to read every chart there; tap a phase or fault to zoom to it.</span> <span class="fine">By keyboard: <kbd>←</kbd> <kbd>→</kbd> a second, with <kbd>Shift</kbd> ten, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>Esc</kbd> see all.</span></p>
  <noscript><p class="none">The charts are drawn by a script that is part of this file, and scripts are switched off here.</p></noscript>
  <div id="chart-column" tabindex="0" role="group" aria-labelledby="charts-title" aria-describedby="charts-hint">
    <div id="timeline">
      <div class="bar">
        <output id="readout" aria-live="polite"></output>
        <span class="zoom screen-only">
          <button type="button" class="quiet" data-zoom="out" aria-label="Zoom out">−</button>
          <button type="button" class="quiet" data-zoom="in" aria-label="Zoom in">+</button>
          <button type="button" class="quiet" data-zoom="all">All</button>
        </span>
      </div>
      <div id="lanes"></div>
    </div>
    ${frames.map(panel)}
  </div>
</section>`;
}

function panel({ id, title, meaning }: PanelFrame): Markup {
  return html`<figure class="panel" data-panel="${id}">
      <figcaption><h3>${title}</h3> <span class="meaning">${meaning}</span><ul class="legend"></ul></figcaption>
      <div class="plot" role="img" aria-label="${title}"></div>
    </figure>`;
}
