import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { dashboardQueries } from "./queries.ts";

const promtool = (...args: string[]) =>
  spawnSync("promtool", args, { cwd: import.meta.dirname, encoding: "utf8", timeout: 60_000 });

const there = promtool("--version").status === 0;
const unless = there ? "" : " (skipped: there is no promtool)";

function expectSuccess({ status, stdout, stderr }: ReturnType<typeof promtool>): void {
  expect(stdout + stderr).toContain("SUCCESS");
  expect(status).toBe(0);
}

test.skipIf(!there)(`alert rules fire and keep still as they should${unless}`, () => {
  expectSuccess(promtool("test", "rules", "rules.test.yaml"));
});

test.skipIf(!there)(`alert rules are sound${unless}`, () => {
  expectSuccess(promtool("check", "rules", "--lint-fatal", "generated/rules.yaml"));
});

test.skipIf(!there)(`every query of every dashboard is PromQL${unless}`, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "matchday-queries-"));
  const rules = dashboardQueries.map(({ expr }, index) => ({ record: `query:${index}`, expr }));
  const file = join(folder.path, "queries.yaml");
  writeFileSync(file, stringify({ groups: [{ name: "queries", rules }] }));
  expectSuccess(promtool("check", "rules", file));
});
