import type { JudgedInvariant, JudgedObjective, MeasureSummary, Verdict } from "../../../verdict/contract.ts";
import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { count, figure, ms, noFigure, ofBudget, plural, target } from "../words.ts";

/** How many violations of an invariant are listed; all of them are in the run's files. */
const violationsShown = 20;

export function objectives(verdict: ReportVerdict): Markup {
  const judged = failedFirst(verdict.objectives ?? []);
  const never = failedFirst(verdict.invariants ?? []);
  return html`<section id="objectives" aria-labelledby="objectives-title">
  <h2 id="objectives-title">Objectives${tally(judged)}</h2>
  ${
    judged.length === 0
      ? html`<p class="none">${verdict.verdict === "running" ? "Judged when the run has ended." : "This budget has no objectives."}</p>`
      : objectiveTable(judged)
  }
  ${never.length > 0 && invariantTable(never)}
  ${"measures" in verdict && measureTable(verdict)}
</section>`;
}

/** What failed, then what was not exercised, then what held; each in the order of the budget. */
function failedFirst<T extends { ok: boolean | null }>(judged: T[]): T[] {
  const rank = ({ ok }: T) => (ok === false ? 0 : ok === null ? 1 : 2);
  return judged.toSorted((a, b) => rank(a) - rank(b));
}

function tally(judged: { ok: boolean | null }[]): Markup | false {
  if (judged.length === 0) return false;
  const held = judged.filter(({ ok }) => ok).length;
  return html` <span class="tally">${held} of ${judged.length} held</span>`;
}

export function mark(ok: boolean | null): Markup {
  const [glyph, word, name] =
    ok === null ? [noFigure, "not exercised", "open"] : ok ? ["✓", "held", "pass"] : ["✗", "failed", "fail"];
  return html`<span class="mark is-${name}" role="img" aria-label="${word}" title="${word}">${glyph}</span>`;
}

function objectiveTable(judged: JudgedObjective[]): Markup {
  return html`<table class="cards" role="table">
  <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col"><span class="unseen">Result</span></th>
    <th role="columnheader" scope="col">Objective</th>
    <th role="columnheader" scope="col">Phase</th>
    <th role="columnheader" scope="col" class="number">Target</th>
    <th role="columnheader" scope="col" class="number">Observed</th>
    <th role="columnheader" scope="col">Error budget used</th>
  </tr></thead>
  <tbody role="rowgroup">${judged.map(
    (one) => html`<tr role="row" class="${one.ok === false && "failed"}">
    <td role="cell" class="result">${mark(one.ok)}</td>
    <th role="rowheader" scope="row">${one.title}${one.key && html` <span class="tag" title="fails the run by itself">key</span>`}<code class="measure">${one.measure}</code></th>
    <td role="cell" data-label="Phase">${one.phase}</td>
    <td role="cell" data-label="Target" class="number">${target(one.op, one.target, one.unit)}</td>
    <td role="cell" data-label="Observed" class="number observed">${one.observed === null ? "not exercised" : figure(one.observed, one.unit)}</td>
    <td role="cell" data-label="Error budget used">${budgetBar(one.errorBudgetUsed)}</td>
  </tr>`,
  )}</tbody>
</table>`;
}

/** The bar ends at one and a half budgets; the figure beside it has no end. */
function budgetBar(used: number | null): Markup {
  if (used === null) return html`<span class="none">${noFigure}</span>`;
  const width = Math.min(Math.max(used, 0), 1.5) * 64;
  return html`<span class="budget"><svg viewBox="0 0 96 8" width="96" height="8" aria-hidden="true"><rect class="track" width="64" height="8" rx="2"/><rect class="${used > 1 ? "over" : "used"}" width="${Number(width.toFixed(1))}" height="8" rx="2"/><path class="limit" d="M64 0v8"/></svg> <span class="number">${ofBudget(used)}</span></span>`;
}

function invariantTable(never: JudgedInvariant[]): Markup {
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

/** Every measure of the whole run and of each phase: folded away, for who wants to know. */
function measureTable({ measures, phases }: Verdict): Markup | false {
  const names = Object.keys(measures).sort();
  if (names.length === 0) return false;
  const groups: [string, Record<string, MeasureSummary>][] = [
    ["all", measures],
    ...phases.map((phase): [string, Record<string, MeasureSummary>] => [phase.name, phase.measures]),
  ];
  return html`<details class="fold"><summary>All measures, by phase</summary><div class="scroll" tabindex="0" role="region" aria-label="All measures, by phase"><table>
  <thead><tr><th scope="col">Measure</th><th scope="col">Phase</th>${[
    "p50",
    "p95",
    "p99",
    "p99.9",
    "max",
    "samples",
  ].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
  ${names.map((name) => {
    const rows = groups.flatMap(([phase, of]) => (of[name] ? [{ phase, summary: of[name] }] : []));
    return html`<tbody>${rows.map(
      (
        { phase, summary },
        index,
      ) => html`<tr>${index === 0 && html`<th scope="rowgroup" rowspan="${rows.length}"><code>${name}</code></th>`}
    <td>${phase}</td>${[summary.p50Ms, summary.p95Ms, summary.p99Ms, summary.p999Ms, summary.maxMs].map(
      (value) => html`<td class="number">${ms(value)}</td>`,
    )}<td class="number">${count(summary.count)}</td></tr>`,
    )}</tbody>`;
  })}
</table></div></details>`;
}
