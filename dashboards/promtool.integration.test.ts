import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type Promtool, promtool, promtoolIsThere, unlessPromtool } from "../common/testing/promtool.ts";
import { dashboardQueries } from "./queries.ts";

const check = (...args: string[]) => promtool(args, { cwd: import.meta.dirname });

function expectSuccess({ status, said }: Promtool): void {
  expect(said).toContain("SUCCESS");
  expect(status).toBe(0);
}

test.skipIf(!promtoolIsThere)(`alert rules fire and keep still as they should${unlessPromtool}`, () => {
  expectSuccess(check("test", "rules", "rules.test.yaml"));
});

test.skipIf(!promtoolIsThere)(`alert rules are sound${unlessPromtool}`, () => {
  expectSuccess(check("check", "rules", "--lint-fatal", "generated/rules.yaml"));
});

test.skipIf(!promtoolIsThere)(`every query of every dashboard is PromQL${unlessPromtool}`, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "matchday-queries-"));
  const rules = dashboardQueries.map(({ expr }, index) => ({ record: `query:${index}`, expr }));
  const file = join(folder.path, "queries.yaml");
  writeFileSync(file, stringify({ groups: [{ name: "queries", rules }] }));
  expectSuccess(check("check", "rules", file));
});
