// The Go toolchain, and binaries that are built with it. A binary stands under a name made from what it was built of;
// `bin/<name>` is a link to it, so that it is either whole and of these sources, or not there.
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { cacheDir, scratchDir } from "./paths.js";
import { SetupError } from "./problem.js";
import { ask, isExecutable, isOffline, lastLines, which } from "./shell.js";
import { canTakeWheels, goToolchain, programOf } from "./wheels.js";

/** From this version on Go fetches the toolchain that a go.mod asks for. */
const leastMinor = 21;

/** Where Go's own installers put it, whether or not it is on the path. */
const usualDirs = ["/usr/local/go/bin", "/opt/homebrew/bin", "/usr/lib/go/bin", join(homedir(), "go", "bin")];

/**
 * For every call of Go. No cgo: a bare machine has no C compiler, and tests then share the build's compiled packages.
 * No VCS stamp: the sources may belong to another user. A workspace or flags of the user's own do not change the build.
 */
export const goEnv = {
  GOTOOLCHAIN: "auto",
  GOFLAGS: "-buildvcs=false",
  GOWORK: "off",
  CGO_ENABLED: "0",
  GOOS: undefined,
  GOARCH: undefined,
};

/** The machine's own first. */
export const findGo = () => which(["go"], usualDirs) ?? programOf(goToolchain);

const remedies = {
  darwin: "brew install go",
  linux:
    "take the archive of go.dev/dl and unpack it into /usr/local (it is found there), or install your system's package: " +
    "golang-go (Debian 13, Ubuntu 24.04 and newer), golang (Fedora), go (Alpine, Arch)",
};

/** @returns {SetupError | undefined} why nothing can be built */
export function goProblem() {
  const remedy = remedies[/** @type {"linux"} */ (process.platform)] ?? remedies.linux;
  const go = findGo();
  if (!go && canTakeWheels()) return undefined;
  if (!go)
    return new SetupError("GO_MISSING", "Go is not installed; k6 and Toxiproxy are built with it", remedy);
  const version = ask(go, ["version"], { GOTOOLCHAIN: "local" }) ?? "";
  const [, minor] = /go1\.(\d+)/.exec(version) ?? [];
  // A development build names no release; it is new enough.
  if (minor !== undefined && Number(minor) < leastMinor) {
    return new SetupError(
      "GO_TOO_OLD",
      `${go} is ${version.split(" ")[2]}; 1.${leastMinor} or newer is needed (it fetches the exact toolchain itself)`,
      remedy,
    );
  }
  return undefined;
}

/** Files that a build does not read: the TypeScript side, tests and their data, words. */
const isNoSource = (/** @type {string} */ path) =>
  /(_test\.go|\.ts|\.md|Makefile)$/.test(path) || /(^|\/)(testdata|node_modules)\//.test(path);

/**
 * A hash of all that the binary of a module is made of, wherever the project stands.
 * @param {string} dir
 */
export function sourceKey(dir) {
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

/**
 * Whether `bin/<name>` is the binary of this key.
 * @param {string} link
 * @param {string} key
 */
export function isBuilt(link, key) {
  try {
    return basename(readlinkSync(link)) === `${basename(link)}-${key}` && isExecutable(link);
  } catch {
    return false;
  }
}

/**
 * Makes `bin/<name>` the binary of this key: builds it, or takes it where an earlier build left it.
 * @param {string} link
 * @param {string} key
 * @param {(target: string) => Promise<void>} build writes the binary to `target`
 */
export async function provide(link, key, build) {
  const name = `${basename(link)}-${key}`;
  const builtDir = join(cacheDir, "built");
  const built = join(builtDir, name);
  mkdirSync(builtDir, { recursive: true });
  mkdirSync(dirname(link), { recursive: true });
  if (!isExecutable(built)) {
    const target = join(scratchDir, name);
    mkdirSync(scratchDir, { recursive: true });
    await build(target);
    renameSync(target, built);
  }
  utimesSync(built, new Date(), new Date());
  const fresh = join(scratchDir, `${name}.link`);
  mkdirSync(scratchDir, { recursive: true });
  rmSync(fresh, { force: true });
  symlinkSync(join("..", "built", name), fresh);
  renameSync(fresh, link);
  prune(builtDir, basename(link));
}

/**
 * Keeps the few newest binaries of a name: two branches take turns without a build.
 * @param {string} dir
 * @param {string} name
 */
function prune(dir, name) {
  const newest = readdirSync(dir)
    .filter((file) => /^[0-9a-f]+$/.test(file.slice(name.length + 1)) && file.startsWith(`${name}-`))
    .map((file) => ({ file, atMs: statSync(join(dir, file)).mtimeMs }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { file } of newest.slice(3)) rmSync(join(dir, file), { force: true });
}

/**
 * @param {string} title
 * @param {{ output: string, log: string }} failed
 */
export function buildFailed(title, { output, log }) {
  return isOffline(output)
    ? new SetupError(
        "GO_OFFLINE",
        `${title} could not be built: Go could not fetch its modules:\n${lastLines(output, 2)}`,
        `connect this machine to the network, or set GOPROXY to a proxy that it can reach, then run this again (log: ${log})`,
      )
    : new SetupError(
        "GO_BUILD_FAILED",
        `${title} could not be built:\n${lastLines(output, 12)}`,
        `the whole output is in ${log}; a Go older than the toolchain that crowd/go.mod names must be able to fetch it`,
      );
}
