import type { Verdict } from "../../../verdict/contract.ts";
import { untestedNames } from "../../lines.ts";
import { html, type Markup } from "../markup.ts";
import { outcomes, type ReportVerdict } from "../view.ts";
import { count, date, gibibytes, ms } from "../words.ts";

/** The verdict in one sentence, and all that is needed to repeat the run. */
export function headline(verdict: ReportVerdict): Markup {
  const outcome = outcomes[verdict.verdict];
  const { machine } = verdict;
  // The sentence mostly begins with the outcome itself.
  const told = verdict.sentence.startsWith(outcome.word);
  const [first, ...whileFaultsLasted] = verdict.sentence.split(/(?<=\.) (?=While )/);
  return html`<div class="verdict is-${verdict.verdict}">
  <div class="outcome"><span class="glyph" aria-hidden="true">${outcome.glyph}</span>
  <h1>${!told && html`<span class="word">${outcome.word}:</span> `}${first}</h1></div>
  ${whileFaultsLasted.map((sentence) => html`<p class="while">${sentence}</p>`)}
  <dl class="facts">
    ${"score" in verdict && score(verdict)}
    ${fact("Scenario", verdict.scenario)}
    ${fact("Design", verdict.design)}
    ${fact("Stack", verdict.stack)}
    ${"clients" in verdict && fact("Clients", count(verdict.clients.planned))}
    ${fact("Date", date(verdict.startedAt))}
    ${fact("Duration", ms(verdict.durationMs))}
    ${fact("Seed", String(verdict.seed))}
    ${fact(
      "Machine",
      `${machine.cpu}, ${count(machine.cores)} cores, ${gibibytes(machine.memoryBytes)}, ${machine.os}, Node ${machine.node.replace(/^v/, "")}, ${count(machine.fileLimit)} files`,
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

/** Named beside the score is what it says nothing of. */
function score({ score: held, untested, untestedAs, objectives, invariants }: Verdict): Markup {
  if (untested.length === 0) return fact("Score", `${held} of 100`);
  const names = untestedNames({ untested, objectives, invariants }).join(", ");
  return untestedAs === "fail"
    ? html`${fact("Score", `${held} of 100`)}${fact("Not exercised, and weighed as failed", names)}`
    : html`${fact("Score", `${held} of 100, of what was exercised`)}${fact("Not exercised", names)}`;
}
