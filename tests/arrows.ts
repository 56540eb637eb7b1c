import { posix } from "node:path";

/**
 * Which room may import from which; a room may always import from itself. `tests`, `bench` and `setup` stand outside:
 * they may import from every room, and no room from them.
 */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  cli: [
    "scenarios",
    "rehearsal",
    "crowd",
    "chaos",
    "reference-stack",
    "measurements",
    "verdict",
    "reports",
    "dashboards",
    "common",
    // For the version it tells.
    "package.json",
  ],
  scenarios: ["common"],
  rehearsal: ["scenarios", "crowd", "chaos", "reference-stack", "measurements", "verdict", "common"],
  crowd: ["scenarios", "common"],
  chaos: ["reference-stack", "common"],
  "reference-stack": ["common"],
  measurements: ["common"],
  verdict: ["scenarios", "measurements", "common"],
  reports: ["verdict", "measurements", "common"],
  dashboards: ["measurements", "common"],
  common: [],
};

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  path: string;
  text: string;
}

interface Import {
  from: string;
  line: number;
  /** The path as the project sees it; undefined where it is computed. */
  to: string | undefined;
}

const roomOf = (path: string) => path.split("/")[0] ?? "";

/**
 * `import … from`, `import type`, `export … from`, a bare `import`, `import()` and `import()` in a type. Comments and
 * strings that look like one are taken for one: nothing that is an import slips through.
 */
const importPattern =
  /(?:\bfrom|\bimport)\s*\(?\s*(["'`])([^"'`\n]+)\1|\bimport\s*\(\s*(?:\/\*.*?\*\/\s*)?([^"'`\s)])/g;

export function importsOf({ path, text }: SourceFile): Import[] {
  return [...text.matchAll(importPattern)].flatMap((match): Import[] => {
    const line = text.slice(0, match.index).split("\n").length;
    const [, , specifier, computed] = match;
    if (computed !== undefined) return [{ from: path, line, to: undefined }];
    if (!specifier?.startsWith(".")) return [];
    return [{ from: path, line, to: posix.join(posix.dirname(path), specifier) }];
  });
}

/** Every import that no arrow allows, as `file:line room → room`. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(importsOf).flatMap(({ from, line, to }) => {
    const room = roomOf(from);
    const allowed = arrows[room];
    if (allowed === undefined) return [];
    // A test may run a module that it has just written.
    if (to === undefined && from.endsWith(".test.ts")) return [];
    if (to === undefined) return [`${from}:${line} computed import(): its room cannot be told`];
    const other = roomOf(to);
    return other === room || allowed.includes(other) ? [] : [`${from}:${line} ${room} → ${other} (${to})`];
  });
}

/** Circles of rooms, as `a → b → a` with an import for each step; the first found of each set of rooms. */
export function circles(files: readonly SourceFile[]): string[] {
  const steps = new Map<string, Map<string, string>>();
  for (const { from, line, to } of files.flatMap(importsOf)) {
    if (to === undefined || roomOf(from) === roomOf(to) || !(roomOf(from) in arrows)) continue;
    const outgoing = steps.get(roomOf(from)) ?? new Map<string, string>();
    if (!outgoing.has(roomOf(to))) outgoing.set(roomOf(to), `${from}:${line}`);
    steps.set(roomOf(from), outgoing);
  }
  const found = new Map<string, string>();
  const walk = (room: string, way: string[]) => {
    const at = way.indexOf(room);
    if (at >= 0) {
      const circle = way.slice(at);
      const places = circle.map((each, index) => steps.get(each)?.get(circle[index + 1] ?? room));
      const key = circle.toSorted().join();
      if (!found.has(key)) found.set(key, `${[...circle, room].join(" → ")} (${places.join(", ")})`);
      return;
    }
    for (const next of steps.get(room)?.keys() ?? []) walk(next, [...way, room]);
  };
  for (const room of steps.keys()) walk(room, []);
  return [...found.values()];
}
