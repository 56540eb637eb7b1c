// Child processes of the set-up: output goes to a log, and comes back for an error message when they fail.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { logsDir } from "./paths.js";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends what still runs, for an interrupted set-up; resolves when it has ended. */
export async function endAll() {
  await Promise.all(
    [...running].map((child) => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      return ended;
    }),
  );
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ log: string, cwd?: string, env?: Record<string, string | undefined> }} options `log` is the log's name
 * @returns {Promise<{ ok: boolean, output: string, log: string }>} all that it printed; never rejects
 */
export async function run(command, args, { log, cwd, env }) {
  mkdirSync(logsDir, { recursive: true });
  const file = join(logsDir, `${log}.log`);
  const fd = openSync(file, "w");
  try {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", fd, fd] });
    running.add(child);
    const how = await new Promise((resolve) => {
      child.once("error", (error) => resolve(error));
      child.once("exit", (code, signal) => resolve(code ?? signal));
    });
    running.delete(child);
    const output = readFileSync(file, "utf8");
    return { ok: how === 0, output: how instanceof Error ? `${output}${how.message}` : output, log: file };
  } finally {
    closeSync(fd);
  }
}

/**
 * What a short question answers on stdout, or undefined when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
export function ask(command, args, env) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 10_000,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The first of these commands on the path, or in one of the further folders where installers leave them.
 * @param {string[]} names
 * @param {string[]} [furtherDirs]
 * @returns {string | undefined} its full path
 */
export function which(names, furtherDirs = []) {
  const dirs = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...furtherDirs];
  for (const name of names) {
    for (const dir of dirs) if (isExecutable(join(dir, name))) return join(dir, name);
  }
  return undefined;
}

/**
 * The lines that say what went wrong, for an error message.
 * @param {string} output
 */
export function lastLines(output, count = 6) {
  return output.trim().split("\n").slice(-count).join("\n");
}

/**
 * Whether a download failed because the network, or what answers on it, was not there: as npm, Go and apt say it.
 * @param {string} output
 */
export function isOffline(output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|dial tcp|no such host|i\/o timeout|network is unreachable|Could not resolve|Temporary failure resolving|Could not connect|NewConnectionError|disabled by GOPROXY/i.test(
    output,
  );
}
