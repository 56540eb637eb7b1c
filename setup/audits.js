// Known weaknesses of what we depend on. Both ask a database on the network: where none answers, they are skipped by name.

import { crowdDir } from "./components/k6.js";
import { toxiproxyDir } from "./components/toxiproxy.js";
import { none } from "./counts.js";
import { findGo, goEnv } from "./go.js";
import { projectRoot } from "./paths.js";
import { lastLines, run } from "./shell.js";

/** @typedef {import("./suites.js").Suite} Suite */
/** @typedef {"passed" | "failed" | "skipped"} Answer */

const govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.9.0";

/**
 * What `npm audit` says: that nothing is known, that something is, or nothing at all.
 * @param {{ ok: boolean, output: string }} ended
 * @returns {Answer}
 */
export function npmAnswer({ ok, output }) {
  if (ok) return "passed";
  return /^# npm audit report$/m.test(output) ? "failed" : "skipped";
}

/**
 * What `govulncheck` says. Code that is reached fails; a weakness in what is never called does not.
 * @param {{ ok: boolean, output: string }} ended
 * @returns {Answer}
 */
export function goAnswer({ ok, output }) {
  if (ok) return "passed";
  return /^Your code is affected by [1-9]/m.test(output) ? "failed" : "skipped";
}

/**
 * @param {string} title
 * @param {(ended: { ok: boolean, output: string }) => Answer} answerOf
 * @param {() => ReturnType<typeof run>} ask
 * @returns {Suite}
 */
function audit(title, answerOf, ask) {
  return {
    title,
    async run() {
      const ended = await ask();
      const answer = answerOf(ended);
      if (answer === "failed") process.stdout.write(`${ended.output}\n`);
      if (answer === "skipped") {
        process.stdout.write(`  skipped ${title}: nobody answers here: ${lastLines(ended.output, 1)}\n`);
      }
      return { ...none(), [answer]: 1 };
    },
  };
}

const npmArgs = ["audit", "--omit=dev", "--audit-level=high", "--fetch-retries=0", "--fetch-timeout=20000"];

/** @type {Suite[]} */
export const audits = [
  audit("audit of npm packages", npmAnswer, () =>
    run("npm", npmArgs, { log: "audit-npm", cwd: projectRoot }),
  ),
  ...[
    { name: "the crowd", dir: crowdDir },
    { name: "Toxiproxy", dir: toxiproxyDir },
  ].map(({ name, dir }) =>
    audit(`audit of Go modules of ${name}`, goAnswer, () =>
      run(findGo() ?? "go", ["run", govulncheck, "./..."], {
        log: `audit-go-${name.split(" ").at(-1)}`,
        cwd: dir,
        env: goEnv,
      }),
    ),
  ),
];
