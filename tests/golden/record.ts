/**
 * Keeps a run as a golden one: `node tests/golden/record.ts VERSION NAME RUN`. What it is judged as is then written by
 * `npx vitest run tests/golden -u`.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { sealRun } from "../../measurements/seal.ts";

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

// Where it was recorded is nobody's business.
const plan = join(folder, "plan.json");
const withoutPlaces = (command: string) =>
  command.replace(/ --out \S+/, "").replaceAll(/\/\S+/g, (path) => basename(path));
const told = JSON.parse(readFileSync(plan, "utf8"));
writeFileSync(plan, `${JSON.stringify({ ...told, command: withoutPlaces(told.command) }, null, 2)}\n`);
if (existsSync(join(folder, "seal.json"))) await sealRun(folder);
