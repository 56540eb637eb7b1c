import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../common/paths.ts";
import { importsOf } from "./arrows.ts";

/** An index, the folder that it lists, and what in it is no item of the list. */
const indexes: [index: string, folder: string, others?: string[]][] = [
  ["chaos/faults/index.ts", "chaos/faults"],
  ["cli/program.ts", "cli/commands"],
  ["scenarios/index.ts", "scenarios", ["vocabulary.ts"]],
  ["verdict/findings/index.ts", "verdict/findings", ["finding.ts"]],
  ["verdict/systems/index.ts", "verdict/invariants", ["invariant.ts"]],
  ["verdict/systems/box-office/judge.ts", "verdict/systems/box-office/findings"],
  ["verdict/systems/box-office/judge.ts", "verdict/systems/box-office/invariants"],
  ["dashboards/boards/index.ts", "dashboards/boards", ["panels.ts", "run.ts"]],
  ["dashboards/boards/box-office.ts", "dashboards/boards/box-office"],
];

test.each(indexes)("%s lists all of %s, and nothing twice", (index, folder, others = []) => {
  const path = join(projectRoot, index);
  const items = readdirSync(join(projectRoot, folder))
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .filter((file) => join(projectRoot, folder, file) !== path && !others.includes(file));
  expect(items.length).toBeGreaterThan(1);
  const imported = importsOf({ path: relative(projectRoot, path), text: readFileSync(path, "utf8") })
    .filter(({ to }) => to !== undefined && dirname(to) === folder)
    .map(({ to }) => basename(to!))
    .filter((file) => !others.includes(file));
  expect(imported.toSorted()).toEqual(items.toSorted());
});
