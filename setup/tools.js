// Which PostgreSQL and Redis were found: the file that the stack reads.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { toolsFile } from "./paths.js";

/** @typedef {{ postgresBin?: string, redisServer?: string, versions?: Record<string, string | undefined> }} Tools */

/** @returns {Tools} */
export function readTools() {
  try {
    return JSON.parse(readFileSync(toolsFile, "utf8"));
  } catch {
    return {};
  }
}

/**
 * Adds what was found to the file.
 * @param {Tools} found
 */
export function noteTools({ versions, ...places }) {
  const known = readTools();
  mkdirSync(dirname(toolsFile), { recursive: true });
  const fresh = `${toolsFile}.new`;
  const tools = { ...known, ...places, versions: { ...known.versions, ...versions } };
  writeFileSync(fresh, `${JSON.stringify(tools, null, 2)}\n`);
  renameSync(fresh, toolsFile);
}
