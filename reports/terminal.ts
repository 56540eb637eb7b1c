import { styleText } from "node:util";
import { allVisible, visible } from "../common/visible.ts";
import type { Finding, Outcome, Verdict } from "../verdict/contract.ts";
import { countOf } from "../verdict/words.ts";
import { allowanceLines } from "./allowance-lines.ts";
import { budgetLines, budgetUsed } from "./budget-lines.ts";
import {
  clientsOf,
  failedFirst,
  faultTimesOf,
  instrumentOf,
  journeysOf,
  type Mark,
  markOf,
  scoreOf,
  spanOf,
  usersOf,
} from "./lines.ts";
import { type Cell, cellText, phaseTable } from "./phase-table.ts";
import { textTable, widthOf } from "./text-table.ts";

export interface TerminalOptions {
  color: boolean;
  /** Of the terminal; 120 unless told. Titles of objectives are cut to fit, and nothing else. */
  columns?: number;
  /** Where `report.html` is; told in the last line. */
  reportPath?: string;
}

type Style = Parameters<typeof styleText>[0];

const outcomeStyles: Record<Outcome, Style> = {
  pass: ["green", "bold"],
  fail: ["red", "bold"],
  unknown: ["yellow", "bold"],
};
const marks: Record<Mark, { sign: string; style: Style }> = {
  ok: { sign: "✓", style: "green" },
  failed: { sign: "✗", style: "red" },
  "not-exercised": { sign: "–", style: "yellow" },
};
const severityStyles: Record<Finding["severity"], Style> = { high: "red", medium: "yellow", low: "dim" };

/** Funnel, seats and the most frequent ends. */
const mostJourneyLines = 9;
/** Of each kind; the whole list is in the report. */
const mostViolations = 3;

const usualColumns = 120;

/** The verdict for a terminal: the sentence first, then what failed, then the rest. Nothing that data say acts on the terminal. */
export function renderTerminal(judged: Verdict, { color, reportPath, columns }: TerminalOptions): string {
  const verdict = allVisible(judged);
  // The caller knows whether a terminal reads along; styleText's own look at the stream would guess again.
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const mark = (ok: boolean | null) => {
    const { sign, style } = marks[markOf(ok)];
    return paint(style, sign);
  };
  const heading = (title: string) => ["", paint("bold", title)];
  const out = [
    paint(outcomeStyles[verdict.verdict], verdict.sentence),
    paint(
      "dim",
      `${verdict.scenario} · ${verdict.design} · ${verdict.stack} · seed ${verdict.seed} · ${verdict.run}`,
    ),
    ...[clientsOf(verdict), ...usersOf(verdict)].map((line) => paint("dim", line)),
    paint(verdict.untested.length > 0 ? "yellow" : "dim", scoreOf(verdict)),
  ];

  if (verdict.objectives.length > 0) {
    out.push("", ...objectiveTable(verdict, { paint, mark, columns: columns ?? usualColumns }));
  }
  const allowances = allowanceLines(verdict);
  if (allowances.length > 0) out.push(...heading("Allowed while faults lasted"));
  for (const { fault, band, howLong, entries } of allowances) {
    out.push(`  ${band} ${paint("dim", `(${fault})`)}: ${howLong}`);
    out.push(
      ...textTable({
        rows: entries.map(({ title, allowed, cost, because = "", ok }) => [
          `    ${mark(ok)} ${title}`,
          `allowed ${allowed}`,
          cost === null ? paint("dim", because) : `was ${cost}`,
        ]),
      }),
    );
  }
  out.push(...budgetTable(verdict, paint));
  if (verdict.invariants.length > 0) {
    out.push(...heading("Invariants"));
    for (const { id, title, ok, checked, violations } of failedFirst(verdict.invariants)) {
      const looked = ok === null ? "not exercised" : `${countOf(checked, "thing")} checked`;
      out.push(`  ${mark(ok)} ${title} ${paint("dim", `(${id}, ${looked})`)}`);
      out.push(...violations.slice(0, mostViolations).map(({ what }) => `      ${what}`));
      const more = violations.length - mostViolations;
      if (more > 0) out.push(paint("dim", `      and ${more} more in the report`));
    }
  }
  const journeys = journeysOf(verdict);
  if (journeys.length > 0) {
    out.push(...heading("Journeys"), ...journeys.slice(0, mostJourneyLines).map((line) => `  ${line}`));
    const more = journeys.length - mostJourneyLines;
    if (more > 0) out.push(paint("dim", `  and ${more} more in the report`));
  }
  if (verdict.faults.length > 0) {
    out.push(...heading("Faults"));
    for (const fault of verdict.faults) {
      const target = fault.target ? ` on ${fault.target}` : "";
      out.push(`  ${fault.band}${target}, ${spanOf(fault)}: ${faultTimesOf(fault)}`);
      for (const { id, ok, observed } of failedFirst(fault.expectations)) {
        out.push(`    ${mark(ok)} ${id}: ${observed}`);
      }
    }
  }
  if (verdict.findings.length > 0) {
    out.push(...heading("Findings"));
    for (const { severity, title, evidence, remedy } of verdict.findings) {
      out.push(`  ${paint(severityStyles[severity], severity.padEnd(6))} ${title}: ${evidence}`);
      out.push(paint("dim", `         ${remedy}`));
    }
  }
  out.push(...heading("Instrument"), `  ${instrumentOf(verdict)}`);
  out.push(...verdict.generator.reasons.map((reason) => paint("yellow", `  not to be trusted: ${reason}`)));
  out.push("", `Repeat: ${verdict.command}`);
  if (reportPath !== undefined) out.push(`Report: ${visible(reportPath)}`);
  return `${out.join("\n")}\n`;
}

type Paint = (style: Style, text: string) => string;

interface TableStyle {
  paint: Paint;
  mark: (ok: boolean | null) => string;
  columns: number;
}

function objectiveTable({ objectives }: Verdict, { paint, mark, columns }: TableStyle): string[] {
  const table = phaseTable(objectives);
  const cells = table.lines.flatMap(({ cells: of }) => [...of.values()].flat());
  const styles: Record<Cell["state"], Style> = { missed: "red", allowed: "yellow", held: [] };
  const tableOf = (text: (cell: Cell) => string, columns?: number) =>
    textTable({
      ...(columns === undefined ? {} : { columns }),
      head: ["Objectives", "target", ...table.columns, "budget"],
      rows: table.lines.flatMap((line) => {
        const title = `  ${mark(line.ok)} ${line.title}`;
        if (line.ok === null) return [[title, line.target, paint("yellow", "not exercised")]];
        // A phase with several values has one below the other.
        const depth = Math.max(...[...line.cells.values()].map((of) => of.length));
        return Array.from({ length: depth }, (_, nth) => [
          ...(nth === 0 ? [title, line.target] : ["", ""]),
          ...table.columns.map((column) => {
            const cell = line.cells.get(column)?.[nth];
            return cell ? paint(styles[cell.state], text(cell)) : "";
          }),
          nth === 0 ? paint("dim", budgetUsed(line.errorBudgetUsed)) : "",
        ]);
      }),
    });
  const inFull = tableOf(cellText);
  const fits = inFull.every((line) => widthOf(line) <= columns);
  const [head, ...rows] = fits ? inFull : tableOf(shortCell, columns);
  const legend = [
    ...(!fits && cells.some(({ limit }) => limit !== undefined)
      ? ["≤ ≥ < > in a phase: what its faults are allowed"]
      : []),
    ...(cells.some(({ state }) => state === "missed") ? ["✗ missed"] : []),
    "budget: of the error budget, used by the whole run",
  ];
  return [paint("bold", head!), ...rows, paint("dim", `  ${legend.join("; ")}`)];
}

/** `10.3 s ≤ 12 s`: for a terminal without room for the word. */
const shortCell = (cell: Cell) => cellText(cell).replace(/ allowed$/, "");

function budgetTable({ errorBudgets }: Verdict, paint: Paint): string[] {
  if (errorBudgets.length === 0) return [];
  const bad = budgetLines(errorBudgets.filter((budget) => budget.bad > 0));
  const whole = errorBudgets.filter((budget) => budget.bad === 0).map(({ title }) => title);
  return [
    "",
    paint("bold", "Error budgets, of the whole run"),
    ...bad.flatMap(({ title, bad: amount, used, isSpent, burn, worst, affordable }) => [
      `  ${isSpent ? paint("red", "!") : " "} ${title}: ${amount} bad, ${paint(isSpent ? "red" : [], used)}`,
      paint(
        "dim",
        `      burn ${burn}${worst === "–" ? "" : `, at worst ${worst}`}; affordable: ${affordable}`,
      ),
    ]),
    ...(whole.length > 0 ? [paint("dim", `    nothing bad: ${whole.join(", ")}`)] : []),
  ];
}
