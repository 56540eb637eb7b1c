// The Toxiproxy server, through which every leg of the stack runs, built from source.

import { createHash } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildFailed, findGo, goEnv, goProblem, isBuilt, provide } from "../go.js";
import { projectRoot, scratchDir, toxiproxyPath } from "../paths.js";
import { ask, run } from "../shell.js";

const version = "2.12.0";
const module = "github.com/Shopify/toxiproxy/v2";

const key = createHash("sha256")
  .update(`${module} ${version} ${process.platform}-${process.arch} ${JSON.stringify(goEnv)}`)
  .digest("hex")
  .slice(0, 16);

export const toxiproxy = {
  title: `Toxiproxy ${version}, from source`,
  isReady: () => isBuilt(toxiproxyPath, key),
  problem: goProblem,
  async install() {
    await provide(toxiproxyPath, key, async (target) => {
      const binDir = join(scratchDir, "toxiproxy");
      // Without the flag the server says that its version is "git".
      const flags = ["-ldflags", `-s -w -X ${module}.Version=${version}`];
      const built = await run(findGo() ?? "go", ["install", ...flags, `${module}/cmd/server@v${version}`], {
        log: "build-toxiproxy",
        cwd: projectRoot,
        env: { ...goEnv, GOBIN: binDir },
      });
      if (!built.ok) throw buildFailed("Toxiproxy", built);
      renameSync(join(binDir, "server"), target);
      rmSync(binDir, { recursive: true });
    });
    return "";
  },
  version: () => /version (\S+)/.exec(ask(toxiproxyPath, ["--version"]) ?? "")?.[1],
};
