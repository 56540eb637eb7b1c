import { allVisible } from "../common/visible.ts";
import type { Outcome, Verdict } from "../verdict/contract.ts";
import { allowanceLines } from "./allowance-lines.ts";
import { budgetLines, budgetUsed } from "./budget-lines.ts";
import {
  clientsOf,
  failedFirst,
  faultTimesOf,
  instrumentOf,
  journeysOf,
  markOf,
  scoreOf,
  spanOf,
  usersOf,
} from "./lines.ts";
import { markdownCode as code, markdownBlock, markdownTable, markdownText as text } from "./markdown-text.ts";
import { type Cell, cellText, columnTitle, phaseTable } from "./phase-table.ts";

const outcomeSigns: Record<Outcome, string> = { pass: "✅", fail: "❌", unknown: "⚠️" };
const signs = { ok: "✅", failed: "❌", "not-exercised": "–" } as const;
const sign = (ok: boolean | null) => signs[markOf(ok)];

/** Of each invariant; all of them are in the report. */
const mostViolations = 5;

/** `summary.md`: the verdict as a comment on a pull request. */
export function renderMarkdown(judged: Verdict): string {
  const verdict = allVisible(judged);
  const sections = [
    [`## ${outcomeSigns[verdict.verdict]} ${text(verdict.sentence)}`],
    [
      `**${text(verdict.scenario)}** · ${text(verdict.design)} · ${text(verdict.stack)} · seed ${verdict.seed} · ${text(scoreOf(verdict))}`,
    ],
    [clientsOf(verdict), ...usersOf(verdict)].flatMap((line, index) => [
      ...(index > 0 ? [""] : []),
      text(line),
    ]),
    titled(
      "Why it cannot be trusted",
      verdict.generator.reasons.map((reason) => `- ${text(reason)}`),
    ),
    objectiveTable(verdict),
    titled("Allowed while faults lasted", allowances(verdict)),
    titled("Error budgets, of the whole run", errorBudgets(verdict)),
    invariants(verdict),
    titled(
      "Journeys",
      journeysOf(verdict).map((line) => `- ${text(line)}`),
    ),
    titled("Faults", faults(verdict)),
    titled(
      "Findings",
      verdict.findings.map(
        ({ severity, title, evidence, remedy }) =>
          `- **${severity}**: ${text(title)}. ${text(capitalised(evidence))}. ${text(remedy)}`,
      ),
    ),
    [`<sub>${text(instrumentOf(verdict))}</sub>`],
    markdownBlock("sh", verdict.command),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

const titled = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`### ${title}`, "", ...lines];

function objectiveTable({ objectives }: Verdict): string[] {
  if (objectives.length === 0) return [];
  const { columns, lines } = phaseTable(objectives);
  return markdownTable(
    ["", "Objective", "Target", ...columns.map(columnTitle), "Error budget used"],
    lines.map((line) => [
      sign(line.ok),
      `${text(line.title)}${line.key ? " (key)" : ""}${line.ok === null ? ": not exercised" : ""}`,
      text(line.target),
      ...columns.map((column) => (line.cells.get(column) ?? []).map(cell).join("<br>")),
      budgetUsed(line.errorBudgetUsed),
    ]),
    [false, false, true, ...columns.map(() => true), true],
  );
}

const cell = (of: Cell) => (of.state === "missed" ? `**${text(cellText(of))}**` : text(cellText(of)));

function allowances(verdict: Verdict): string[] {
  return allowanceLines(verdict).flatMap(({ fault, band, howLong, entries }) => [
    `- **${text(band)}** (${code(fault)}): ${text(howLong)}`,
    ...entries.map(({ title, allowed, cost, because = "", ok }) =>
      cost === null
        ? `  - ${sign(ok)} ${text(title)}: allowed ${text(allowed)}; ${text(because)}`
        : `  - ${sign(ok)} ${text(title)}: allowed ${text(allowed)}, was ${text(cost)}`,
    ),
  ]);
}

function errorBudgets({ errorBudgets: budgets }: Verdict): string[] {
  if (budgets.length === 0) return [];
  return markdownTable(
    ["SLO", "Bad", "Used", "Burn", "Worst", "Affordable"],
    budgetLines(budgets).map(({ title, bad, used, isSpent, burn, worst, affordable }) => [
      text(title),
      bad,
      isSpent ? `**${text(used)}**` : text(used),
      ...[burn, worst, affordable],
    ]),
    [false, true, false, true, true, false],
  );
}

function invariants(verdict: Verdict): string[] {
  return failedFirst(verdict.invariants).flatMap(({ id, title, ok, violations }) => [
    `- ${sign(ok)} ${text(title)} (${code(id)})${ok === null ? ": not exercised" : ""}`,
    ...violations.slice(0, mostViolations).map(({ what }) => `  - ${text(what)}`),
    ...(violations.length > mostViolations ? [`  - and ${violations.length - mostViolations} more`] : []),
  ]);
}

function faults(verdict: Verdict): string[] {
  return verdict.faults.flatMap((fault) => [
    `- **${text(fault.band)}**${fault.target ? ` on ${text(fault.target)}` : ""}, ${spanOf(fault)}: ${faultTimesOf(fault)}`,
    ...failedFirst(fault.expectations).map(
      ({ id, ok, observed }) => `  - ${sign(ok)} ${text(id)}: ${text(observed)}`,
    ),
  ]);
}

const capitalised = (value: string) => value.charAt(0).toUpperCase() + value.slice(1);
