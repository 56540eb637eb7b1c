import type { JudgedObjective } from "../../../verdict/contract.ts";
import { type AllowanceLine, allowanceLines } from "../../allowance-lines.ts";
import { budgetUsed } from "../../budget-lines.ts";
import { failedFirst } from "../../lines.ts";
import { type Cell, columnTitle, type Line, phaseTable } from "../../phase-table.ts";
import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { invariantTable } from "./invariants.ts";
import { mark, tally } from "./marks.ts";
import { measureTable } from "./measures.ts";

export function objectives(verdict: ReportVerdict): Markup {
  const judged = verdict.objectives ?? [];
  const never = failedFirst(verdict.invariants ?? []);
  const { columns, lines } = phaseTable(judged);
  return html`<section id="objectives" aria-labelledby="objectives-title">
  <h2 id="objectives-title">Objectives${tally(lines)}</h2>
  ${
    judged.length === 0
      ? html`<p class="none">${verdict.verdict === "running" ? "Judged when the run has ended." : "This budget has no objectives."}</p>`
      : objectiveTable(columns, lines)
  }
  ${allowed(verdict.faults ?? [], judged)}
  ${never.length > 0 && invariantTable(never)}
  ${"measures" in verdict && measureTable(verdict)}
</section>`;
}

function objectiveTable(columns: ReturnType<typeof phaseTable>["columns"], lines: readonly Line[]): Markup {
  return html`<div class="phases" tabindex="0" role="region" aria-label="Objectives, by phase"><table class="cards" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col"><span class="unseen">Result</span></th>
    <th role="columnheader" scope="col">Objective</th>
    <th role="columnheader" scope="col" class="number">Target</th>
    ${columns.map((column) => html`<th role="columnheader" scope="col" class="number">${columnTitle(column)}</th>`)}
    <th role="columnheader" scope="col" class="number">Budget used</th>
  </tr></thead>
  <tbody role="rowgroup">${lines.map(
    (line) => html`<tr role="row" class="${line.ok === false && "failed"}">
    <td role="cell" class="result">${mark(line.ok)}</td>
    <th role="rowheader" scope="row">${line.title}${line.key && html` <span class="tag" title="a run that does not exercise it is unknown">key</span>`}<code class="measure">${line.measure}</code></th>
    <td role="cell" data-label="Target" class="number">${line.target}</td>
    ${
      line.ok === null
        ? html`<td role="cell" class="none" colspan="${columns.length}">not exercised</td>`
        : columns.map((column) => phaseCell(columnTitle(column), line.cells.get(column) ?? []))
    }
    <td role="cell" data-label="Budget used" class="number">${budgetUsed(line.errorBudgetUsed)}</td>
  </tr>`,
  )}</tbody>
</table></div>`;
}

function phaseCell(phase: string, cells: readonly Cell[]): Markup {
  if (cells.length === 0) return html`<td role="cell" class="empty"></td>`;
  return html`<td role="cell" data-label="${phase}" class="number"><span class="values">${cells.map(
    ({ state, observed, limit, by, target }) =>
      html`<span class="value is-${state}">${state === "missed" && html`<span role="img" aria-label="missed">✗</span> `}${observed}${limit !== undefined && html` <small title="${by.join(", ")}">${limit} allowed</small>`}${limit === undefined && target !== undefined && html` <small>${target}</small>`}</span> `,
  )}</span></td>`;
}

/** What faults were allowed to cost, for how long at most, and what they did cost. */
function allowed(
  faults: NonNullable<ReportVerdict["faults"]>,
  judged: readonly JudgedObjective[],
): Markup | false {
  const lines = allowanceLines({ faults, objectives: [...judged] });
  if (lines.length === 0) return false;
  return html`<h3 id="allowed">Allowed while faults lasted</h3>
${lines.map(allowanceTable)}`;
}

function allowanceTable({ fault, band, howLong, entries }: AllowanceLine): Markup {
  return html`<p><b>${band}</b> <code>${fault}</code>: ${howLong}</p>
<table class="cards plain" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col"><span class="unseen">Result</span></th>
    <th role="columnheader" scope="col">Objective</th>
    <th role="columnheader" scope="col" class="number">Allowed</th>
    <th role="columnheader" scope="col" class="number">Was</th>
  </tr></thead>
  <tbody role="rowgroup">${entries.map(
    ({ title, allowed: most, cost, because, ok }) => html`<tr role="row" class="${ok === false && "failed"}">
    <td role="cell" class="result">${mark(ok)}</td>
    <th role="rowheader" scope="row">${title}</th>
    <td role="cell" data-label="Allowed" class="number">${most}</td>
    <td role="cell" data-label="Was" class="number observed">${cost ?? because}</td>
  </tr>`,
  )}</tbody>
</table>`;
}
