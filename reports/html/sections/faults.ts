import type { JudgedFault } from "../../../verdict/contract.ts";
import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { clock, ms } from "../words.ts";
import { rangeLink } from "./findings.ts";
import { mark } from "./marks.ts";

export function faults(verdict: ReportVerdict): Markup {
  const judged = verdict.faults ?? [];
  return html`<section id="faults" aria-labelledby="faults-title">
  <h2 id="faults-title">Faults${judged.length > 0 && html` <span class="tally">${judged.length}</span>`}</h2>
  ${
    judged.length === 0
      ? html`<p class="none">${verdict.verdict === "running" ? "Told when the run has ended." : "No fault was injected in this run."}</p>`
      : judged.map(faultCard)
  }
</section>`;
}

function faultCard(fault: JudgedFault): Markup {
  return html`<article class="fault">
  <h3>${fault.band} <code>${fault.id}</code></h3>
  <p>${fault.kind} on ${fault.target}, for ${ms(fault.toMs - fault.fromMs)}: ${rangeLink(fault.fromMs, fault.toMs)}</p>
  <dl class="figures">
    <div><dt>Detected after</dt><dd>${fault.detectedAfterMs === null ? "no sign of its own" : ms(fault.detectedAfterMs)}</dd></div>
    <div><dt>Steady after the heal</dt><dd>${fault.steadyAfterMs === null ? "not within the run" : ms(fault.steadyAfterMs)}</dd></div>
    <div><dt>Healed</dt><dd>${mark(fault.healed)} ${fault.healed ? `undone at ${clock(fault.toMs)}` : fault.injected ? "not undone" : "not injected"}</dd></div>
  </dl>
  ${
    fault.expectations.length === 0
      ? html`<p class="none">Nothing was expected of it.</p>`
      : html`<table class="cards plain" role="table">
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col"><span class="unseen">Result</span></th><th role="columnheader" scope="col">Expected</th><th role="columnheader" scope="col">What happened</th></tr></thead>
    <tbody role="rowgroup">${fault.expectations.map(
      ({ id, ok, observed }) =>
        html`<tr role="row" class="${ok === false && "failed"}"><td role="cell" class="result">${mark(ok)}</td><th role="rowheader" scope="row">${id.replaceAll("-", " ")}</th><td role="cell" data-label="What happened">${observed}</td></tr>`,
    )}</tbody>
  </table>`
  }
</article>`;
}
