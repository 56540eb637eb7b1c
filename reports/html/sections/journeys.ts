import type { JourneyEndCount, JourneySummary, MeasureSummary } from "../../../verdict/contract.ts";
import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { count, ms, noFigure, percent, plural } from "../words.ts";

/** How far clients came, how their journeys ended, and how long each step took; nothing where nobody walks. */
export function journeys(verdict: ReportVerdict): Markup {
  if (!("journeys" in verdict) || verdict.journeys === undefined) return html``;
  const { funnel, ends, steps, seats } = verdict.journeys;
  return html`<section id="journeys" aria-labelledby="journeys-title">
  <h2 id="journeys-title">Journeys${seats && html` <span class="tally">${seatsText(seats)}</span>`}</h2>
  ${funnel.length > 0 && funnelTable(funnel)}
  ${steps.length > 0 && stepTable(steps, verdict.measures)}
  ${ends.length > 0 ? endTable(ends) : html`<p class="none">No journey came to an end.</p>`}
</section>`;
}

function seatsText({ all, sold, held, free, indeterminate }: NonNullable<JourneySummary["seats"]>): string {
  const parts = [`${count(sold)} sold`, `${count(held)} held`, `${count(free)} free`];
  if (indeterminate > 0) parts.push(`${count(indeterminate)} in no state`);
  return `${plural(all, "seat")}: ${parts.join(", ")}`;
}

const barWidth = 320;

function funnelTable(funnel: JourneySummary["funnel"]): Markup {
  const all = Math.max(1, funnel[0]!.buyers + funnel[0]!.bots);
  const bots = funnel.some((stage) => stage.bots > 0);
  const width = (clients: number) => Number(((clients / all) * barWidth).toFixed(1));
  return html`<table class="cards funnel" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Came so far</th>
    <th role="columnheader" scope="col"><span class="unseen">Share</span></th>
    <th role="columnheader" scope="col" class="number">Buyers</th>
    <th role="columnheader" scope="col" class="number">Of those before</th>
    ${bots && html`<th role="columnheader" scope="col" class="number">Bots</th>`}
  </tr></thead>
  <tbody role="rowgroup">${funnel.map(
    ({ stage, buyers, bots: botsHere }, index) => html`<tr role="row">
    <th role="rowheader" scope="row">${stage}</th>
    <td role="cell" class="share"><svg viewBox="0 0 ${barWidth} 12" preserveAspectRatio="none" aria-hidden="true"><rect class="buyers" width="${width(buyers)}" height="12"/><rect class="bots" x="${width(buyers)}" width="${width(botsHere)}" height="12"/></svg></td>
    <td role="cell" data-label="Buyers" class="number">${count(buyers)}</td>
    <td role="cell" data-label="Of those before" class="number">${ofBefore(buyers, funnel[index - 1]?.buyers)}</td>
    ${bots && html`<td role="cell" data-label="Bots" class="number">${count(botsHere)}</td>`}
  </tr>`,
  )}</tbody>
</table>`;
}

const ofBefore = (buyers: number, before: number | undefined) =>
  before === undefined || before === 0 ? noFigure : percent(buyers / before);

function stepTable(steps: readonly string[], measures: Record<string, MeasureSummary>): Markup {
  const rows = steps.flatMap((measure) => {
    const summary = measures[measure];
    const [, what, step] = /^(\w+)\{step=(.+)\}$/.exec(measure) ?? [];
    return summary && step !== undefined ? [{ measure, step, waits: what === "wait", summary }] : [];
  });
  return html`<h3>Steps</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Steps"><table class="steps">
  <thead><tr><th scope="col">Step</th>${["p50", "p95", "p99", "max", "samples"].map(
    (name) => html`<th scope="col" class="number">${name}</th>`,
  )}</tr></thead>
  <tbody>${rows.map(
    ({ measure, step, waits, summary }) => html`<tr>
    <th scope="row">${step}${waits && html` <span class="tag" title="for an event of the stream">wait</span>`}<code class="measure">${measure}</code></th>${[
      summary.p50Ms,
      summary.p95Ms,
      summary.p99Ms,
      summary.maxMs,
    ].map(
      (value) => html`<td class="number">${ms(value)}</td>`,
    )}<td class="number">${count(summary.count)}</td></tr>`,
  )}</tbody>
</table></div>`;
}

const endMarks = {
  completed: ["✓", "pass"],
  rejected: [noFigure, "open"],
  abandoned: [noFigure, "open"],
  failed: ["✗", "fail"],
} as const;

function endTable(ends: readonly JourneyEndCount[]): Markup {
  const all = ends.reduce((sum, { clients }) => sum + clients, 0);
  const failedFirst = ends.toSorted((a, b) => Number(b.end === "failed") - Number(a.end === "failed"));
  return html`<h3>Ends <span class="tally">${plural(all, "journey")}</span></h3>
<table class="cards" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col"><span class="unseen">End</span></th>
    <th role="columnheader" scope="col">Cause</th>
    <th role="columnheader" scope="col">Journey</th>
    <th role="columnheader" scope="col" class="number">Clients</th>
    <th role="columnheader" scope="col" class="number">Share</th>
  </tr></thead>
  <tbody role="rowgroup">${failedFirst.map(({ journey, end, cause, clients }) => {
    const [glyph, tone] = endMarks[end];
    return html`<tr role="row" class="${end === "failed" && "failed"}">
    <td role="cell" class="result"><span class="mark is-${tone}" aria-hidden="true">${glyph}</span></td>
    <th role="rowheader" scope="row">${end}${cause !== "" && html`: ${cause}`}</th>
    <td role="cell" data-label="Journey"><code>${journey}</code></td>
    <td role="cell" data-label="Clients" class="number">${count(clients)}</td>
    <td role="cell" data-label="Share" class="number">${percent(clients / all)}</td>
  </tr>`;
  })}</tbody>
</table>`;
}
