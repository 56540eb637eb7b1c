// The system's package manager, for what cannot come from npm or Go.

import { SetupError } from "./problem.js";
import { isOffline, lastLines, run, which } from "./shell.js";

const isRoot = () => process.getuid?.() === 0;

/** Debian's server packages start a service; a policy of runlevel 1 leaves that out where sysvinit's rules are asked. */
const quietApt = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };

/** @type {{ command: string, asRoot: boolean, refresh?: string[], install: string[], env?: Record<string, string> }[]} */
const managers = [
  {
    command: "apt-get",
    asRoot: true,
    refresh: ["update", "-q"],
    install: ["install", "-q", "-y", "--no-install-recommends"],
    env: quietApt,
  },
  { command: "dnf", asRoot: true, install: ["install", "-q", "-y"] },
  { command: "apk", asRoot: true, install: ["add", "--no-cache"] },
  { command: "brew", asRoot: false, install: ["install", "--quiet"], env: { HOMEBREW_NO_AUTO_UPDATE: "1" } },
];

/** The manager of this machine, whether or not we may use it. */
export function packageManager() {
  const manager = managers.find(({ command }) => which([command]));
  return manager && { ...manager, allowed: manager.asRoot === isRoot() };
}

/**
 * What a person types to install a package here.
 * @param {Record<string, string>} packages manager → package
 * @param {string} otherwise where no manager is known
 */
export function installCommand(packages, otherwise) {
  const manager = packageManager();
  const name = manager && packages[manager.command];
  if (!manager || !name) return otherwise;
  const sudo = manager.asRoot && !isRoot() ? "sudo " : "";
  const refresh = manager.refresh ? `${sudo}${manager.command} update && ` : "";
  return `${refresh}${sudo}${manager.command} ${manager.install[0]} ${name}`;
}

/**
 * Whether the set-up may install it by itself.
 * @param {Record<string, string>} packages
 */
export function canInstall(packages) {
  const manager = packageManager();
  return manager?.allowed && packages[manager.command] !== undefined;
}

/**
 * Installs a package; only after `canInstall`.
 * @param {string} title
 * @param {Record<string, string>} packages
 * @returns {Promise<string>} the manager's command, for the line of output
 */
export async function install(title, packages) {
  const manager = packageManager();
  if (!manager) throw new Error("no package manager");
  const { command, refresh, install: installArgs, env } = manager;
  const log = `install-${packages[command]}`;
  // A failed refresh is told by the install: one list of many may be away, and not the one that is needed.
  if (refresh) await run(command, refresh, { log: `${log}-refresh`, ...(env && { env }) });
  const done = await run(command, [...installArgs, packages[command] ?? ""], { log, ...(env && { env }) });
  if (!done.ok) {
    throw new SetupError(
      "PACKAGE_NOT_INSTALLED",
      `${title} could not be installed by ${command}${isOffline(done.output) ? ": the network is not there" : ""}:\n${lastLines(done.output)}`,
      `install it by hand, then run this again: ${installCommand(packages, title)} (log: ${done.log})`,
    );
  }
  return command;
}
