// What `npm test` runs: each suite prints as it goes, and returns what it counted.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { crowdDir } from "./components/k6.js";
import { toxiproxyDir } from "./components/toxiproxy.js";
import { fuzzedWell, goCounts, none, vitestCounts, withTheUnsaid } from "./counts.js";
import { findGo, goEnv } from "./go.js";
import { logsDir, projectRoot } from "./paths.js";

/** @typedef {import("./counts.js").Counts} Counts */
/** @typedef {{ title: string, run: () => Promise<Counts> }} Suite */

const binDir = join(projectRoot, "node_modules", ".bin");
const go = findGo() ?? "go";
/** The folders of our Go modules. */
const goModules = [crowdDir, toxiproxyDir];
const goIn = (/** @type {string} */ cwd) => ({ cwd, env: { ...process.env, ...goEnv } });

/**
 * A tool whose whole result is whether it ended well, and that prints nothing of interest where it did.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, isGood?: (code: number | null, output: string) => boolean }} [options]
 * @returns {Suite}
 */
function check(title, command, args, { isGood = (code) => code === 0, ...options } = {}) {
  return {
    title,
    async run() {
      const child = spawn(command, args, { cwd: projectRoot, ...options, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
      const code = await ended(child);
      const ok = isGood(code, output);
      if (!ok) process.stdout.write(output);
      return { ...none(), [ok ? "passed" : "failed"]: 1 };
    },
  };
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number | null>}
 */
async function ended(child) {
  try {
    const [code] = await once(child, "close");
    return code;
  } catch (error) {
    process.stdout.write(`${error}\n`);
    return null;
  }
}

/** @type {Suite[]} */
export const checks = [
  check("lint", join(binDir, "biome"), ["check", "--error-on-warnings", "."]),
  check("types", join(binDir, "tsc"), ["--noEmit", "-p", "."]),
  check("types of the report page", join(binDir, "tsc"), ["--noEmit", "-p", "reports/html/client"]),
  check("gofmt", join(go, "..", "gofmt"), ["-l", ...goModules], {
    isGood: (code, output) => code === 0 && !output.trim(),
  }),
  ...goModules.map((dir) => check(`go vet of ${basename(dir)}`, go, ["vet", "./..."], goIn(dir))),
];

/** @type {Suite[]} */
export const goTests = goModules.map((dir) => ({
  title: `Go tests of ${basename(dir)}`,
  async run() {
    const child = spawn(go, ["test", "-json", "./..."], {
      ...goIn(dir),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const over = ended(child);
    /** @type {import("./counts.js").GoEvent[]} */
    const events = [];
    /** @type {Map<string, string>} */
    const printed = new Map();
    for await (const line of createInterface({ input: child.stdout })) {
      const event = parse(line);
      if (!event) {
        process.stdout.write(`${line}\n`);
        continue;
      }
      events.push(event);
      // What a test, or the compiler, printed is shown when it turns out to have failed.
      const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
      if (event.Output !== undefined) printed.set(key, (printed.get(key) ?? "") + event.Output);
      if (event.Action === "fail" || event.Action === "build-fail")
        process.stdout.write(printed.get(key) ?? "");
      if (event.Action === "pass" && event.Test === undefined) {
        process.stdout.write(`  ok ${event.Package} (${event.Elapsed} s)\n`);
      }
      if (event.Action !== "output" && event.Action !== "build-output") printed.delete(key);
    }
    return withTheUnsaid(goCounts(events), (await over) === 0);
  },
}));

/**
 * @param {string} line
 * @returns {import("./counts.js").GoEvent | undefined}
 */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * @param {string[]} args
 * @returns {Suite}
 */
export function vitest(args) {
  return {
    title: "TypeScript tests",
    async run() {
      const report = join(logsDir, "vitest.json");
      rmSync(report, { force: true });
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const child = spawn(join(binDir, "vitest"), ["run", ...reporters, ...args], {
        cwd: projectRoot,
        stdio: ["ignore", "inherit", "inherit"],
      });
      const code = await ended(child);
      try {
        return withTheUnsaid(vitestCounts(readFileSync(report, "utf8")), code === 0);
      } catch {
        return { ...none(), failed: 1 };
      }
    },
  };
}

/**
 * Every fuzz target of the Go parsers, each for a while.
 * @param {string} fuzzTime such as `12s`
 * @returns {Suite}
 */
export function fuzz(fuzzTime) {
  return {
    title: `fuzzing, ${fuzzTime} a target`,
    async run() {
      const child = spawn(go, ["test", "-json", "-list", "^Fuzz", "./..."], {
        ...goIn(crowdDir),
        stdio: ["ignore", "pipe", "inherit"],
      });
      const over = ended(child);
      /** @type {{ dir: string, target: string }[]} */
      const targets = [];
      for await (const line of createInterface({ input: child.stdout })) {
        const { Output, Package } = parse(line) ?? {};
        if (Output?.startsWith("Fuzz") && Package) targets.push({ dir: Package, target: Output.trim() });
      }
      const counts = none();
      for (const { dir, target } of targets) {
        const args = ["test", "-run", "^$", "-fuzz", `^${target}$`, "-fuzztime", fuzzTime, dir];
        const { passed } = await check(target, go, args, { ...goIn(crowdDir), isGood: fuzzedWell }).run();
        process.stdout.write(`  ${passed ? "ok" : "FAILED"} ${dir} ${target}\n`);
        if (passed) counts.passed++;
        else counts.failed++;
      }
      return withTheUnsaid(counts, (await over) === 0);
    },
  };
}
