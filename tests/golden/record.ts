/**
 * Records a golden run: `node tests/golden/record.ts VERSION NAME RUN` keeps what a saved run is judged from. What it is then judged
 * as is written by `npx vitest run tests/golden -u`.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Made from the rest, of no use to who judges, or as large as all the rest together. */
const left =
  /^(verdict\.json|report\.html|junit\.xml|summary\.md|spans\.jsonl|.*\.log|.*\.config\.json|logs)$/;

const [version, name, run] = process.argv.slice(2);
if (!version || !name || !run) throw new Error("usage: node tests/golden/record.ts VERSION NAME RUN");
const folder = join(import.meta.dirname, version, name, "run");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(run).filter((each) => !left.test(each))) {
  copyFileSync(join(run, file), join(folder, file));
}
