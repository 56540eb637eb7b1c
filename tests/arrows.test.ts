import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../common/paths.ts";
import { arrows, circles, forbiddenImports, importsOf } from "./arrows.ts";

const rooms = Object.keys(arrows);
const files = globSync(`{${rooms.join(",")}}/**/*.ts`, {
  cwd: projectRoot,
  exclude: (name) => name === "node_modules",
}).map((path) => ({ path, text: readFileSync(join(projectRoot, path), "utf8") }));

describe("the rooms", () => {
  test("are read", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(files.length);
  });

  test("import along the arrows only", () => {
    expect(forbiddenImports(files)).toEqual([]);
  });

  test("the kits of services know nothing of any service", () => {
    const kits: Record<string, readonly string[]> = {
      "reference-stack/service-kit/": ["reference-stack/service-kit/", "common/"],
      "reference-stack/edge-kit/": ["reference-stack/edge-kit/", "reference-stack/service-kit/", "common/"],
    };
    for (const [kit, allowed] of Object.entries(kits)) {
      const own = files.filter(({ path }) => path.startsWith(kit) && !path.endsWith(".test.ts"));
      expect(own.length).toBeGreaterThan(5);
      const others = own.flatMap(importsOf).filter(({ to }) => !allowed.some((room) => to?.startsWith(room)));
      expect(others).toEqual([]);
    }
  });

  test("form no circle", () => {
    expect(circles(files)).toEqual([]);
  });
});

describe("the check", () => {
  const forbidden = (path: string, text: string) => forbiddenImports([{ path, text }]);

  test.each([
    ['import { a } from "../verdict/a.ts";'],
    ["import { a } from '../verdict/a.ts';"],
    ['import type { A } from "../verdict/a.ts";'],
    ['import {\n  a,\n  b,\n} from "../verdict/a.ts";'],
    ['import "../verdict/a.ts";'],
    ['export { a } from "../verdict/a.ts";'],
    ['export * from "../verdict/a.ts";'],
    ['export type { A } from "../verdict/a.ts";'],
    ['const a = await import("../verdict/a.ts");'],
    ['const a = await import(\n  "../verdict/a.ts"\n);'],
    ['type A = import("../verdict/a.ts").A;'],
    ['import a, { b } from"../verdict/a.ts"'],
    ['import data from "../verdict/a.json" with { type: "json" };'],
  ])("sees %s", (text) => {
    expect(forbidden("common/b.ts", text)).toEqual([
      expect.stringMatching(/^common\/b\.ts:\d+ common → verdict \(verdict\/a\.(ts|json)\)$/),
    ]);
  });

  test("tells the line", () => {
    expect(forbidden("crowd/deep/b.ts", 'const x = 1;\n\nexport * from "../../chaos/a.ts";')).toEqual([
      "crowd/deep/b.ts:3 crowd → chaos (chaos/a.ts)",
    ]);
  });

  test("allows what the table allows, a room's own files, and packages", () => {
    const text =
      'import a from "../common/a.ts"; import b from "./b.ts"; import c from "vitest"; import "node:fs";';
    expect(forbidden("crowd/a.ts", text)).toEqual([]);
  });

  test("lets nobody in a room import from outside the rooms", () => {
    expect(
      forbidden("cli/a.ts", 'import "../tests/a.ts"; import "../bench/a.ts"; import "../setup/a.js";'),
    ).toHaveLength(3);
  });

  test("lets tests import from anywhere", () => {
    expect(forbidden("tests/e2e/a.ts", 'import "../../verdict/a.ts"; import "../../cli/a.ts";')).toEqual([]);
  });

  test("does not let a computed path pass", () => {
    expect(forbidden("common/a.ts", "await import(path);")).toEqual([
      "common/a.ts:1 computed import(): its room cannot be told",
    ]);
    expect(forbidden("common/a.test.ts", "await import(path);")).toEqual([]);
  });

  test("finds a circle of three rooms once, with its files", () => {
    const found = circles([
      { path: "cli/a.ts", text: 'import "../crowd/a.ts";' },
      { path: "crowd/a.ts", text: '\nimport "../chaos/a.ts";' },
      { path: "chaos/a.ts", text: 'import "../cli/a.ts";' },
    ]);
    expect(found).toEqual(["cli → crowd → chaos → cli (cli/a.ts:1, crowd/a.ts:2, chaos/a.ts:1)"]);
  });

  test("the table itself holds no circle", () => {
    const files = Object.entries(arrows).map(([room, others]) => ({
      path: `${room}/a.ts`,
      text: others.map((other) => `import "../${other}/a.ts";`).join("\n"),
    }));
    expect(forbiddenImports(files)).toEqual([]);
    expect(circles(files)).toEqual([]);
  });
});
