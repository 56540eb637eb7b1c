// `npm run setup`, and before `npm start` and `npm test`: what a run needs, found, fetched or built. Silent and quick
// when all is there. Exits 70 with every problem and its remedy when something cannot be had.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { go } from "./components/go.js";
import { k6 } from "./components/k6.js";
import { npmPackages } from "./components/npm-packages.js";
import { postgres } from "./components/postgres.js";
import { redis } from "./components/redis.js";
import { toxiproxy } from "./components/toxiproxy.js";
import { takeLock } from "./lock.js";
import { cacheDir, scratchDir } from "./paths.js";
import { SetupError, SetupErrors, textOf } from "./problem.js";
import { say, step } from "./progress.js";
import { endAll } from "./shell.js";

const leastNodeMajor = 20;

/** Each row runs one after the other, the rows beside each other: Go's builds take both the network and the cores. */
const rows = [[npmPackages], [go, toxiproxy, k6], [postgres, redis]];

const missing = () => rows.map((row) => row.filter((component) => !component.isReady()));

/** @param {typeof rows} needed */
function problemsOf(needed) {
  /** @type {Map<string, SetupError>} */
  const problems = new Map();
  for (const component of needed.flat()) {
    const problem = component.problem();
    if (problem) problems.set(problem.code, problem);
  }
  return [...problems.values()];
}

/** @param {typeof rows} needed */
async function provideAll(needed) {
  rmSync(scratchDir, { recursive: true, force: true });
  mkdirSync(scratchDir, { recursive: true });
  /** @type {SetupError[]} */
  const failed = [];
  await Promise.all(
    needed.map(async (row) => {
      for (const component of row) {
        await step(component.title, () => component.install()).catch((error) => failed.push(error));
      }
    }),
  );
  // One cause, such as no network, stops several steps: each says so with its own remedy.
  if (failed.length > 0) throw new SetupErrors(failed);
}

async function setUp() {
  if (Number.parseInt(process.versions.node, 10) < leastNodeMajor) {
    throw new SetupError(
      "NODE_TOO_OLD",
      `this is Node ${process.versions.node}; ${leastNodeMajor} or newer is needed to begin with`,
      "install a current Node (nodejs.org, nvm, or your system's package manager); the exact one is fetched by npm",
    );
  }
  if (process.platform === "win32") {
    throw new SetupError(
      "WINDOWS",
      "Windows has no redis-server, and no signals as the stack needs them",
      "run this inside WSL 2, where all of it works",
    );
  }
  const needed = missing();
  if (needed.flat().length === 0) return;
  const problems = problemsOf(needed);
  if (problems.length > 0) throw new SetupErrors(problems);
  const unlock = await takeLock(join(cacheDir, "setup.lock"), {
    onWait: (pid) => say(`waiting for another set-up (pid ${pid}) to end`),
  });
  process.once("exit", () => {
    rmSync(scratchDir, { recursive: true, force: true });
    unlock();
  });
  const stillNeeded = missing();
  if (stillNeeded.flat().length === 0) return;
  say("Setting up (a few minutes the first time; kept for later)");
  await provideAll(stillNeeded);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, async () => {
    await endAll();
    process.exit(130);
  });
}
try {
  await setUp();
} catch (error) {
  process.stderr.write(textOf(error));
  process.exitCode = 70;
}
