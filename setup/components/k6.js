// The k6 binary that holds k6/x/crowd, built from crowd/.
import { join } from "node:path";
import { buildFailed, findGo, goEnv, goProblem, isBuilt, provide, sourceKey } from "../go.js";
import { k6Path, projectRoot } from "../paths.js";
import { ask, run } from "../shell.js";

export const crowdDir = join(projectRoot, "crowd");

export const k6 = {
  title: "k6 with the crowd extension, from source",
  isReady: () => isBuilt(k6Path, sourceKey(crowdDir)),
  problem: goProblem,
  async install() {
    await provide(k6Path, sourceKey(crowdDir), async (target) => {
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
