/** What the page carries inside itself: styles, uPlot, and the browser's part as one script. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const clientDir = join(import.meta.dirname, "client");

export interface Assets {
  styles: string[];
  scripts: string[];
}

let loaded: Assets | undefined;

/** Read once, at the first report. */
export function assets(): Assets {
  loaded ??= load();
  return loaded;
}

function load(): Assets {
  const uplot = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  const read = (...path: string[]) => readFileSync(join(...path), "utf8").trim();
  const licence = read(uplot, "LICENSE");
  return {
    styles: [read(uplot, "dist", "uPlot.min.css"), read(import.meta.dirname, "page.css")],
    scripts: [`/*!\n${licence}\n*/\n${read(uplot, "dist", "uPlot.iife.min.js")}`, bundle("main")],
  };
}

const importLine = /^import\s*\{([^}]*)\}\s*from\s*"\.\/([\w-]+)\.js";\n/gm;
const exported = /^export (?:async )?(?:function|const) (\w+)/gm;

/**
 * The modules that `entry` needs, as one script: each in a scope of its own, imported ones first. It is enough for our
 * own modules, which import by name from beside themselves and export functions and constants.
 */
export function bundle(entry: string): string {
  const done = new Map<string, string>();
  const visit = (name: string) => {
    if (done.has(name)) return;
    const source = readFileSync(join(clientDir, `${name}.js`), "utf8");
    for (const [, , imported] of source.matchAll(importLine)) visit(imported!);
    const exports = [...source.matchAll(exported)].map(([, one]) => one).join(", ");
    const body = source
      .replaceAll(importLine, (_, names: string, from: string) => `const {${names}} = ${scopeOf(from)};\n`)
      .replaceAll(/^export /gm, "");
    done.set(name, `const ${scopeOf(name)} = (() => {\n${body}\nreturn { ${exports} };\n})();`);
  };
  visit(entry);
  return `"use strict";\n{\n${[...done.values()].join("\n")}\n}`;
}

const scopeOf = (name: string) => `module_${name.replaceAll("-", "_")}`;

/** For a content security policy: this text may run, and no other. */
export function sha256(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}
