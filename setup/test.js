// `npm test`: every check and test there is, and one line that counts them all. `-- --fuzz 12s` fuzzes the Go parsers
// as well, `-- --audit` asks what is known of our dependencies, `-- --nightly` adds what is slow and rarely breaks; other arguments go to vitest, which then runs alone
// (`npm test -- verdict`).
import { audits } from "./audits.js";
import { lineOf, sum } from "./counts.js";
import { checks, fuzz, goTests, vitest } from "./suites.js";

const args = process.argv.slice(2);
const fuzzAt = args.indexOf("--fuzz");
const [, fuzzTime] = fuzzAt < 0 ? [] : args.splice(fuzzAt, 2);

const auditAt = args.indexOf("--audit");
if (auditAt >= 0) args.splice(auditAt, 1);

const nightlyAt = args.indexOf("--nightly");
if (nightlyAt >= 0) args.splice(nightlyAt, 1);
const projects = ["unit", "integration", ...(nightlyAt >= 0 ? ["nightly"] : [])].map(
  (name) => `--project=${name}`,
);

const suites = args.length > 0 ? [vitest(args)] : [...checks, ...goTests, vitest(projects)];
if (fuzzTime !== undefined) suites.push(fuzz(fuzzTime));
if (auditAt >= 0) suites.push(...audits);

const counted = [];
for (const { title, run } of suites) {
  const fromMs = performance.now();
  const counts = await run();
  counted.push(counts);
  const seconds = ((performance.now() - fromMs) / 1000).toFixed(1);
  process.stdout.write(`${counts.failed === 0 ? "✓" : "✗"} ${title}: ${lineOf(counts)} (${seconds} s)\n`);
}
const all = sum(counted);
process.stdout.write(`\n${lineOf(all)}\n`);
process.exitCode = all.failed === 0 && all.passed > 0 ? 0 : 1;
