import { htmlOf } from "../../cli/reporter.ts";
import { judgeSaved, readSavedRun } from "../../rehearsal/saved-run.ts";
import { renderJson } from "../../reports/json.ts";
import { renderJunit } from "../../reports/junit.ts";
import { renderMarkdown } from "../../reports/markdown.ts";
import { renderTerminal } from "../../reports/terminal.ts";

/** What a saved run is judged and reported as, each as text by the name of the file that it is kept in. */
export async function renderGolden(folder: string): Promise<Record<string, string>> {
  const saved = await readSavedRun(folder);
  const verdict = judgeSaved(saved);
  const page = htmlOf(saved, verdict);
  return {
    "verdict.json": renderJson(verdict),
    "summary.md": renderMarkdown(verdict),
    "junit.xml": renderJunit(verdict),
    "terminal.txt": renderTerminal(verdict, { color: false, columns: 120 }),
    "report.txt": textOf(page),
    "charts.txt": chartsOf(page),
  };
}

/** What a reader of the page reads, an element a line; how it looks is tested elsewhere. */
function textOf(page: string): string {
  return page
    .replaceAll(/<(style|script)\b.*?<\/\1>/gs, "")
    .replaceAll(/<[^>]*>/g, "\n")
    .replaceAll(/[ \t]*\n\s*/g, "\n")
    .trim();
}

/** The lines of every chart: where its numbers stand, how many they are, and their sum. */
function chartsOf(page: string): string {
  const islands = [...page.matchAll(/<script\b[^>]*type="application\/json"[^>]*>(.*?)<\/script>/gs)];
  return islands.flatMap(([, json]) => [...columnsOf(JSON.parse(json!), "")]).join("\n");
}

function* columnsOf(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value) && value.every((item) => item === null || typeof item === "number")) {
    const sum = value.reduce((total: number, item: number | null) => total + (item ?? 0), 0);
    yield `${path}: ${value.length} of them, ${value.filter((item) => item === null).length} empty, sum ${Number(sum.toPrecision(9))}`;
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value))
      yield* columnsOf(item, path === "" ? name : `${path}.${name}`);
  }
}
