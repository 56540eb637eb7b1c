import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderGolden } from "./render.ts";

/** By the version of the run files, and the name of the run. */
const runs = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: version }) =>
    readdirSync(join(import.meta.dirname, version)).map((name) => [version, name] as const),
  );

test("there are saved runs", () => expect(runs.length).toBeGreaterThan(0));

test.each(runs)("a run saved by version %s is judged and reported as it was: %s", async (version, name) => {
  const folder = join(import.meta.dirname, version, name);
  for (const [file, text] of Object.entries(await renderGolden(join(folder, "run")))) {
    await expect(text).toMatchFileSnapshot(join(folder, "expected", file));
  }
});
