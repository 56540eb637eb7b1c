// The k6 binary that holds k6/x/crowd, built from crowd/.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildFailed, findGo, goEnv, goProblem, isBuilt, provide } from "../go.js";
import { k6Path, projectRoot } from "../paths.js";
import { ask, run } from "../shell.js";

const crowdDir = join(projectRoot, "crowd");

/** Files that a build does not read: the TypeScript side, tests and their data, words. */
const isNoSource = (/** @type {string} */ path) =>
  /(_test\.go|\.ts|\.md|Makefile)$/.test(path) || /(^|\/)(testdata|node_modules)\//.test(path);

/** A hash of all that the binary is made of, wherever the project stands. */
export function sourceKey(dir = crowdDir) {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch} ${JSON.stringify(goEnv)}`);
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => ({ file, path: relative(dir, file) }))
    .filter(({ path }) => !isNoSource(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { file, path } of files) hash.update(`\0${path}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

export const k6 = {
  title: "k6 with the crowd extension, from source",
  isReady: () => isBuilt(k6Path, sourceKey()),
  problem: goProblem,
  async install() {
    await provide(k6Path, sourceKey(), async (target) => {
      const built = await run(findGo() ?? "go", ["build", "-ldflags", "-s -w", "-o", target, "./cmd/k6"], {
        log: "build-k6",
        cwd: crowdDir,
        env: goEnv,
      });
      if (!built.ok) throw buildFailed("k6 with the crowd extension", built);
    });
    return "";
  },
  version: () => /k6\S* v(\S+)/.exec(ask(k6Path, ["version"]) ?? "")?.[1],
};
