import { html, type Markup } from "../markup.ts";
import { outcomes, type ReportVerdict } from "../view.ts";
import { bytes, count, date, ms } from "../words.ts";

/** The verdict in one sentence, and all that is needed to repeat the run. */
export function headline(verdict: ReportVerdict): Markup {
  const outcome = outcomes[verdict.verdict];
  const { machine } = verdict;
  return html`<div class="verdict is-${verdict.verdict}">
  <p class="outcome"><span class="glyph" aria-hidden="true">${outcome.glyph}</span>${outcome.word}${
    "score" in verdict && html`<span class="score">score <b>${Math.round(verdict.score)}</b> of 100</span>`
  }</p>
  <h1>${verdict.sentence}</h1>
  <dl class="facts">
    ${fact("Scenario", verdict.scenario)}
    ${fact("Design", verdict.design)}
    ${fact("Stack", verdict.stack)}
    ${"clients" in verdict && fact("Clients", count(verdict.clients.planned))}
    ${fact("Date", date(verdict.startedAt))}
    ${fact("Duration", ms(verdict.durationMs))}
    ${fact("Seed", String(verdict.seed))}
    ${fact(
      "Machine",
      `${machine.cpu}, ${count(machine.cores)} cores, ${bytes(machine.memoryBytes)}, ${machine.os}, Node ${machine.node.replace(/^v/, "")}, ${count(machine.fileLimit)} files`,
    )}
  </dl>
  <div class="command">
    <span class="command-label" id="command-label">Repeat it</span>
    <code id="command" aria-labelledby="command-label">${verdict.command}</code>
    <button type="button" class="quiet" data-copy="command">Copy</button>
  </div>
</div>`;
}

function fact(name: string, value: string): Markup {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}
