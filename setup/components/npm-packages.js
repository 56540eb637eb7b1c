// The project's npm packages, Node 24 among them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { npmCi } from "../npm.js";
import { projectRoot } from "../paths.js";
import { SetupError } from "../problem.js";
import { ask, isExecutable } from "../shell.js";

const nodeMajor = 24;
const nodePath = join(projectRoot, "node_modules", ".bin", "node");

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockedPackage */

/**
 * Whether what npm last installed is what the lock file says. npm writes its own record at the end of an install, so
 * that an interrupted one has none. By content: a checkout gives every file a new time.
 * @param {string} lockText package-lock.json
 * @param {string} installedText node_modules/.package-lock.json
 */
export function isInstalled(lockText, installedText) {
  /** @type {Record<string, LockedPackage>} */
  const installed = JSON.parse(installedText).packages;
  return Object.entries(/** @type {Record<string, LockedPackage>} */ (JSON.parse(lockText).packages)).every(
    ([path, { version, integrity, optional }]) => {
      if (path === "") return true;
      const there = installed[path];
      // Optional packages are mostly those of other platforms.
      if (there === undefined) return optional === true;
      return there.version === version && there.integrity === integrity;
    },
  );
}

export const npmPackages = {
  title: "npm packages",
  isReady() {
    try {
      const read = (/** @type {string[]} */ ...path) => readFileSync(join(projectRoot, ...path), "utf8");
      return (
        isExecutable(nodePath) &&
        isInstalled(read("package-lock.json"), read("node_modules", ".package-lock.json"))
      );
    } catch {
      return false;
    }
  },
  problem: () => undefined,
  async install() {
    await npmCi({ title: "the npm packages", cwd: projectRoot, log: "npm-ci" });
    if (!ask(nodePath, ["--version"])?.startsWith(`v${nodeMajor}.`)) {
      throw new SetupError(
        "NODE_24_MISSING",
        `the npm package "node" has not put Node ${nodeMajor} into node_modules/.bin`,
        "its install script must be allowed to run: npm config delete ignore-scripts, then npm ci",
      );
    }
    return "";
  },
  version: () => ask(nodePath, ["--version"])?.slice(1),
};
