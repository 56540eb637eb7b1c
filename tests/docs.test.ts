import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../common/paths.ts";
import { arrows } from "./arrows.ts";

const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");
const documents = globSync("{*.md,*/README.md}", {
  cwd: projectRoot,
  exclude: (name) => name === "node_modules",
});

describe.each(documents)("%s", (document) => {
  const text = read(document);

  test("names no npm script that does not exist", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script);
    expect(named.filter((script) => !(script! in scripts))).toEqual([]);
  });

  test("names no file that does not exist", () => {
    const rooms = [...Object.keys(arrows), "setup", "tests", "bench", "\\.ci"].join("|");
    const named = [...text.matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]*)\``, "g"))].map(
      ([, path]) => path!,
    );
    expect(named.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
  });
});

test("ARCHITECTURE.md has the arrows that are tested", () => {
  const told = Object.fromEntries(
    [...read("ARCHITECTURE.md").matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)].map(([, room, may]) => [
      room,
      may === "everything" || may === "nothing" ? may : may!.replaceAll("`", "").split(" ").sort(),
    ]),
  );
  const tested = Object.fromEntries(
    Object.entries(arrows).map(([room, may]) => [
      room,
      room === "cli" ? "everything" : may.length === 0 ? "nothing" : [...may].sort(),
    ]),
  );
  expect(told).toEqual(tested);
});
