import type { Outcome, Verdict } from "../verdict/contract.ts";
import {
  budgetUsedOf,
  clientsOf,
  failedFirst,
  faultTimesOf,
  instrumentOf,
  journeysOf,
  markOf,
  observedOf,
  spanOf,
  targetOf,
} from "./lines.ts";

const outcomeSigns: Record<Outcome, string> = { pass: "✅", fail: "❌", unknown: "⚠️" };
const signs = { ok: "✅", failed: "❌", "not-exercised": "–" } as const;

/** `summary.md`: the verdict as a comment on a pull request. */
export function renderMarkdown(verdict: Verdict): string {
  const sign = (ok: boolean | null) => signs[markOf(ok)];
  const out = [
    `## ${outcomeSigns[verdict.verdict]} ${text(verdict.sentence)}`,
    "",
    `**${text(verdict.scenario)}** · ${text(verdict.design)} · ${text(verdict.stack)} · seed ${verdict.seed} · score ${verdict.score}`,
    "",
    text(clientsOf(verdict)),
    "",
  ];
  if (verdict.generator.reasons.length > 0) {
    out.push(
      "### Why it cannot be trusted",
      "",
      ...verdict.generator.reasons.map((reason) => `- ${text(reason)}`),
      "",
    );
  }
  if (verdict.objectives.length > 0) {
    out.push("| | Objective | Observed | Target | Phase | Budget used |", "|---|---|--:|--:|---|--:|");
    for (const objective of failedFirst(verdict.objectives)) {
      const cells = [
        sign(objective.ok),
        `${objective.title}${objective.key ? " (key)" : ""}`,
        observedOf(objective),
        targetOf(objective),
        objective.phase,
        budgetUsedOf(objective),
      ];
      out.push(`| ${cells.map(cell).join(" | ")} |`);
    }
    out.push("");
  }
  if (verdict.invariants.length > 0) {
    for (const { id, title, ok, violations } of failedFirst(verdict.invariants)) {
      out.push(`- ${sign(ok)} ${text(title)} (${code(id)})`);
      out.push(...violations.slice(0, 5).map(({ what }) => `  - ${text(what)}`));
    }
    out.push("");
  }
  const journeys = journeysOf(verdict);
  if (journeys.length > 0) out.push("### Journeys", "", ...journeys.map((line) => `- ${text(line)}`), "");
  if (verdict.faults.length > 0) {
    out.push("### Faults", "");
    for (const fault of verdict.faults) {
      const target = fault.target ? ` on ${fault.target}` : "";
      out.push(`- **${text(fault.band)}**${text(target)}, ${spanOf(fault)}: ${faultTimesOf(fault)}`);
      out.push(
        ...failedFirst(fault.expectations).map(
          ({ id, ok, observed }) => `  - ${sign(ok)} ${text(id)}: ${text(observed)}`,
        ),
      );
    }
    out.push("");
  }
  if (verdict.findings.length > 0) {
    out.push("### Findings", "");
    for (const { severity, title, evidence, remedy } of verdict.findings) {
      out.push(`- **${severity}**: ${text(title)}. ${text(capitalised(evidence))}. ${text(remedy)}`);
    }
    out.push("");
  }
  out.push(`<sub>${text(instrumentOf(verdict))}</sub>`, "", "```sh", oneLine(verdict.command), "```");
  return `${out.join("\n")}\n`;
}

const oneLine = (value: string) => value.replace(/\s+/g, " ");
const capitalised = (value: string) => value.charAt(0).toUpperCase() + value.slice(1);

/** Escapes what would be markup; a line break would end a list item or a table row. */
const text = (value: string) => oneLine(value).replace(/[\\`*_[\]<>]/g, (character) => `\\${character}`);

const cell = (value: string) => text(value).replaceAll("|", "\\|");

const code = (value: string) => `\`${oneLine(value).replaceAll("`", "'")}\``;
