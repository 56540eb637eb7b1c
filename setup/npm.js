import { dirname, join } from "node:path";
import { SetupError } from "./problem.js";
import { isExecutable, isOffline, lastLines, run, which } from "./shell.js";

/** npm as it was called for this script, else the one beside this Node, else the path's. */
function npmCommand() {
  if (process.env.npm_execpath?.endsWith("npm-cli.js")) {
    return { command: process.execPath, args: [process.env.npm_execpath] };
  }
  const beside = join(dirname(process.execPath), "npm");
  return { command: isExecutable(beside) ? beside : (which(["npm"]) ?? "npm"), args: [] };
}

/**
 * `npm ci` in a folder that has a lock file.
 * @param {{ title: string, cwd: string, log: string }} options
 */
export async function npmCi({ title, cwd, log }) {
  const { command, args } = npmCommand();
  const done = await run(
    command,
    // What the cache holds by its hash needs no question to the registry. Its own folder: the outer npm's is inherited.
    [...args, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", cwd],
    { log, cwd, env: { INIT_CWD: undefined, npm_config_local_prefix: undefined } },
  );
  if (done.ok) return;
  const errors = done.output
    .split("\n")
    .filter((line) => line.startsWith("npm error") && !line.includes("complete log"))
    .map((line) => line.slice("npm error ".length))
    .join("\n");
  if (isOffline(done.output)) {
    throw new SetupError(
      "NPM_OFFLINE",
      `${title} could not be fetched:\n${lastLines(errors || done.output)}`,
      `connect this machine to the network, or set npm's registry or proxy to one that it can reach, then run this again (log: ${done.log})`,
    );
  }
  throw new SetupError(
    "NPM_CI_FAILED",
    `${title} could not be installed:\n${lastLines(errors || done.output, 10)}`,
    `see ${done.log}; when package.json and its lock file disagree, npm install brings them together`,
  );
}
