import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { clock } from "../words.ts";

const order = ["high", "medium", "low"];

export function findings(verdict: ReportVerdict): Markup {
  const found = (verdict.findings ?? []).toSorted(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
  return html`<section id="findings" aria-labelledby="findings-title">
  <h2 id="findings-title">Findings${found.length > 0 && html` <span class="tally">${found.length}</span>`}</h2>
  ${
    found.length === 0
      ? html`<p class="none">${verdict.verdict === "running" ? "Looked for when the run has ended." : "No weakness was found in this run."}</p>`
      : html`<ol class="findings">${found.map(
          ({ severity, title, evidence, when, remedy }) => html`<li class="finding is-${severity}">
    <h3><span class="severity">${severity}</span> ${title}</h3>
    <p>${evidence} ${when && rangeLink(when.fromMs, when.toMs)}</p>
    <p class="remedy"><b>Remedy</b> ${remedy}</p>
  </li>`,
        )}</ol>`
  }
</section>`;
}

/** Leads to the charts, zoomed to this stretch; without scripts it leads to the charts. */
export function rangeLink(fromMs: number, toMs: number, text = `${clock(fromMs)} to ${clock(toMs)}`): Markup {
  return html`<a class="range" href="#charts" data-from="${fromMs}" data-to="${toMs}">${text} on the charts</a>`;
}
