import type { DoctorCheck, DoctorReport } from "./doctor.ts";

const marks = { ok: "✓", warn: "!", fail: "✗" } as const;
/** Green, yellow, red of the terminal's own palette. */
const colours = { ok: 32, warn: 33, fail: 31 } as const;

/** The report for a terminal: one line a check, its remedy below it, and what the machine can carry at the end. */
export function renderDoctor(report: DoctorReport, { color = false }: { color?: boolean } = {}): string {
  const { checks, clientsMax, limits } = report;
  const width = Math.max(...checks.map(({ id }) => id.length));
  const paint = (state: DoctorCheck["state"], text: string) =>
    color ? `\u001b[${colours[state]}m${text}\u001b[39m` : text;
  const lines = checks.flatMap(({ id, state, fact, remedy }) => [
    `${paint(state, marks[state])} ${id.padEnd(width)}  ${fact}`,
    ...(remedy === undefined ? [] : [`  ${" ".repeat(width)}  → ${remedy}`]),
  ]);
  const [tightest] = limits;
  const failed = checks.filter(({ state }) => state === "fail").map(({ id }) => id);
  lines.push("");
  if (failed.length > 0)
    lines.push(paint("fail", `Nothing can run before this is put right: ${failed.join(", ")}.`));
  lines.push(`This machine can carry ${clientsMax.toLocaleString("en")} clients.`);
  if (tightest) {
    lines.push(`The limit is ${tightest.what}: ${tightest.fact}. For more, ${tightest.remedy}.`);
  }
  return `${lines.join("\n")}\n`;
}
