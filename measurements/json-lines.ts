import type { Problem } from "../common/errors.ts";

/** Reads one JSON object a line. A line that is none is told and left out; a cut last line is what a crash leaves. */
export function readJsonLines<T>(text: string, name: string): { entries: T[]; problems: Problem[] } {
  const entries: T[] = [];
  const problems: Problem[] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const parsed = parseObject(line);
    if (parsed !== undefined) entries.push(parsed as T);
    else if (index === lines.length - 1) {
      problems.push({ code: "LINE_CUT", fact: `${name} ends in the middle of line ${index + 1}` });
    } else {
      problems.push({ code: "LINE_UNREADABLE", fact: `${name} has no JSON object in line ${index + 1}` });
    }
  }
  return { entries, problems };
}

/** The object that a line holds; `undefined` when it holds none, or not a whole one. */
export function parseObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
