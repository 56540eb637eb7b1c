// The set-up runs before anything is installed, on any Node 20 or newer: plain JavaScript, and no import from the
// rooms. These places are those of common/paths.ts; setup.test.ts holds the two to one meaning.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
export const cacheDir = resolve(process.env.MATCHDAY_CACHE ?? join(projectRoot, ".matchday", "cache"));
export const k6Path = join(cacheDir, "bin", "k6");
export const toxiproxyPath = join(cacheDir, "bin", "toxiproxy-server");
export const toolsFile = join(cacheDir, "tools.json");

/** What is being made stands here until it is whole. On the cache's own disk, so that a rename moves it. */
export const scratchDir = join(cacheDir, "scratch");
export const logsDir = join(cacheDir, "logs");
