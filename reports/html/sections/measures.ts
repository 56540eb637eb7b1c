import type { MeasureSummary, Verdict } from "../../../verdict/contract.ts";
import { html, type Markup } from "../markup.ts";
import { count, ms } from "../words.ts";

/** Every measure of the whole run and of each phase: folded away, for who wants to know. */
export function measureTable({ measures, phases }: Verdict): Markup | false {
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
