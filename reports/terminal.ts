import { stripVTControlCharacters, styleText } from "node:util";
import type { Finding, Outcome, Verdict } from "../verdict/contract.ts";
import { countOf } from "../verdict/words.ts";
import {
  budgetUsedOf,
  clientsOf,
  failedFirst,
  faultTimesOf,
  instrumentOf,
  journeysOf,
  type Mark,
  markOf,
  observedOf,
  spanOf,
  targetOf,
} from "./lines.ts";

export interface TerminalOptions {
  color: boolean;
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

/** The verdict for a terminal: the sentence first, then what failed, then the rest. */
export function renderTerminal(verdict: Verdict, { color, reportPath }: TerminalOptions): string {
  // The caller knows whether a terminal reads along; styleText's own look at the stream would guess again.
  const paint = (style: Style, text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const mark = (ok: boolean | null) => {
    const { sign, style } = marks[markOf(ok)];
    return paint(style, sign);
  };
  const heading = (title: string) => ["", paint("bold", title)];
  const out = [
    paint(outcomeStyles[verdict.verdict], verdict.sentence),
    paint(
      "dim",
      `${verdict.scenario} · ${verdict.design} · ${verdict.stack} · seed ${verdict.seed} · score ${verdict.score} · ${verdict.run}`,
    ),
    paint("dim", clientsOf(verdict)),
  ];

  if (verdict.objectives.length > 0) {
    out.push(
      ...heading("Objectives"),
      ...table(
        failedFirst(verdict.objectives).map((objective) => [
          `  ${mark(objective.ok)} ${objective.title}`,
          objective.ok === false ? paint("red", observedOf(objective)) : observedOf(objective),
          targetOf(objective),
          paint("dim", objective.phase),
          paint("dim", `budget used ${budgetUsedOf(objective)}`),
        ]),
      ),
    );
  }
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
  if (reportPath !== undefined) out.push(`Report: ${reportPath}`);
  return `${out.join("\n")}\n`;
}

/** Columns as wide as their widest cell; colour takes no width. */
function table(rows: readonly string[][]): string[] {
  const width = (text: string) => [...stripVTControlCharacters(text)].length;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column]!))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(widths[column]! - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}
