import type { ErrorBudget } from "../../../verdict/contract.ts";
import { type BudgetLine, budgetLines } from "../../budget-lines.ts";
import { usersOf } from "../../lines.ts";
import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { noFigure } from "../words.ts";

/** What the whole run cost each SLO, against what its window allows; nothing where no objective is one. */
export function budgets(verdict: ReportVerdict): Markup {
  const judged = "errorBudgets" in verdict ? verdict.errorBudgets : [];
  if (judged.length === 0) return html``;
  const used = new Map(judged.map((budget) => [budget.id, budget]));
  return html`<section id="budgets" aria-labelledby="budgets-title">
  <h2 id="budgets-title">Error budgets <span class="tally">of the whole run: an allowance excuses a phase, and no bad event</span></h2>
  <table class="cards" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">SLO</th>
    <th role="columnheader" scope="col" class="number">Bad</th>
    <th role="columnheader" scope="col">Of the budget</th>
    <th role="columnheader" scope="col" class="number">Burn rate</th>
    <th role="columnheader" scope="col" class="number">Worst second</th>
    <th role="columnheader" scope="col">The SLO affords</th>
  </tr></thead>
  <tbody role="rowgroup">${budgetLines(judged).map((line) => budgetRow(line, used.get(line.id)!))}</tbody>
</table>
  ${"users" in verdict && usersOf(verdict).map((line) => html`<p>By user: ${line}.</p>`)}
  <p class="hint">Burn rate: how fast the budget was used. 1 × uses up exactly what the target allows.</p>
</section>`;
}

function budgetRow(
  { title, bad, used, isSpent, burn, worst, affordable }: BudgetLine,
  budget: ErrorBudget,
): Markup {
  return html`<tr role="row" class="${isSpent && "spent"}">
    <th role="rowheader" scope="row">${title}<code class="measure">${budget.id}</code></th>
    <td role="cell" data-label="Bad" class="number">${bad}</td>
    <td role="cell" data-label="Of the budget">${bar(budget.used)}<span class="used-text">${used}</span></td>
    <td role="cell" data-label="Burn rate" class="number">${burn}</td>
    <td role="cell" data-label="Worst second" class="number">${worst}</td>
    <td role="cell" data-label="The SLO affords">${affordable}</td>
  </tr>`;
}

/** The bar ends at one and a half budgets; the words beside it have no end. */
function bar(used: ErrorBudget["used"]): Markup {
  if (used === null) return html`<span class="none">${noFigure}</span> `;
  const width = Math.min(Math.max(used, 0), 1.5) * 64;
  return html`<svg class="budget" viewBox="0 0 96 8" width="96" height="8" aria-hidden="true"><rect class="track" width="64" height="8" rx="2"/><rect class="${used > 1 ? "over" : "used"}" width="${Number(width.toFixed(1))}" height="8" rx="2"/><path class="limit" d="M64 0v8"/></svg> `;
}
