import type { JudgedInvariant } from "../../../verdict/contract.ts";
import { html, type Markup } from "../markup.ts";
import { count, noFigure, plural } from "../words.ts";
import { mark, tally } from "./marks.ts";

/** How many violations of an invariant are listed; all of them are in the run's files. */
const violationsShown = 20;

export function invariantTable(never: JudgedInvariant[]): Markup {
  return html`<h3>Invariants${tally(never)}</h3>
<table class="cards" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col"><span class="unseen">Result</span></th>
    <th role="columnheader" scope="col">What must never be otherwise</th>
    <th role="columnheader" scope="col" class="number">Checked</th>
    <th role="columnheader" scope="col" class="number">Violations</th>
  </tr></thead>
  <tbody role="rowgroup">${never.map(
    (one) => html`<tr role="row" class="${one.ok === false && "failed"}">
    <td role="cell" class="result">${mark(one.ok)}</td>
    <th role="rowheader" scope="row">${one.title}<code class="measure">${one.id}</code>${violationList(one)}</th>
    <td role="cell" data-label="Checked" class="number">${count(one.checked)}</td>
    <td role="cell" data-label="Violations" class="number">${one.ok === null ? noFigure : count(one.violations.length)}</td>
  </tr>`,
  )}</tbody>
</table>`;
}

function violationList({ violations }: JudgedInvariant): Markup | false {
  if (violations.length === 0) return false;
  const hidden = violations.length - violationsShown;
  return html`<details><summary>${plural(violations.length, "violation")}</summary><ul>${violations
    .slice(0, violationsShown)
    .map(({ what, client, stream, seq }) => {
      const where = [
        client === undefined ? "" : `client ${client}`,
        stream === undefined ? "" : `stream ${stream}`,
        seq === undefined ? "" : `seq ${seq}`,
      ].filter(Boolean);
      return html`<li>${what}${where.length > 0 && html` <span class="where">${where.join(", ")}</span>`}</li>`;
    })}${hidden > 0 && html`<li>and ${count(hidden)} more in verdict.json</li>`}</ul></details>`;
}
