import { join, resolve } from "node:path";

/** The project's root: where `package.json` stands. */
export const projectRoot = join(import.meta.dirname, "..");

/** Built binaries and prepared data, by content; safe to delete. */
export const cacheDir = resolve(process.env.MATCHDAY_CACHE ?? join(projectRoot, ".matchday", "cache"));

/** What running processes and open faults are recorded in, so that the next start can clean up. */
export const stateDir = resolve(process.env.MATCHDAY_STATE ?? join(projectRoot, ".matchday", "state"));

/** The k6 binary that holds `k6/x/crowd`, built by the set-up. */
export const k6Path = join(cacheDir, "bin", "k6");

/** The Toxiproxy server, built by the set-up. */
export const toxiproxyPath = join(cacheDir, "bin", "toxiproxy-server");

/** Where set-up writes which PostgreSQL and Redis it found: `{ postgresBin, redisServer }`. */
export const toolsFile = join(cacheDir, "tools.json");

/** Dashboards and alert rules, as they are committed. */
export const dashboardsDir = join(projectRoot, "dashboards", "generated");
