// The Toxiproxy server, through which every leg of the stack runs, built from source behind a password of ours.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildFailed, findGo, goEnv, goProblem, isBuilt, provide, sourceKey } from "../go.js";
import { projectRoot, toxiproxyPath } from "../paths.js";
import { ask, run } from "../shell.js";

export const toxiproxyDir = join(projectRoot, "reference-stack", "toxiproxy");
const module = "github.com/Shopify/toxiproxy/v2";
const [, version] = /toxiproxy\/v2 v(\S+)/.exec(readFileSync(join(toxiproxyDir, "go.mod"), "utf8")) ?? [];

export const toxiproxy = {
  title: `Toxiproxy ${version}, from source`,
  isReady: () => isBuilt(toxiproxyPath, sourceKey(toxiproxyDir)),
  problem: goProblem,
  async install() {
    await provide(toxiproxyPath, sourceKey(toxiproxyDir), async (target) => {
      // Without the flag the server says that its version is "git".
      const flags = ["-ldflags", `-s -w -X ${module}.Version=${version}`];
      const built = await run(findGo() ?? "go", ["build", ...flags, "-o", target, "."], {
        log: "build-toxiproxy",
        cwd: toxiproxyDir,
        env: goEnv,
      });
      if (!built.ok) throw buildFailed("Toxiproxy", built);
    });
    return "";
  },
  version: () => /version (\S+)/.exec(ask(toxiproxyPath, ["--version"]) ?? "")?.[1],
};
