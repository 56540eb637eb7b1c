import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { projectRoot } from "../../common/paths.ts";
import type { Cli, Finished } from "../e2e/cli.ts";
import { fillDisk } from "./disk.ts";

/** A run as it was begun: by itself, from a terminal, from a shell. */
export interface Begun {
  /** What was started here: the run, or what began it. */
  child: ChildProcess;
  finished: Promise<Finished>;
}

interface Ending {
  /** The run is to heal and leave nothing by itself. */
  heals: boolean;
  /** It can save nothing, and says so. */
  onFullDisk?: true;
  begin(cli: Cli, args: string[], env: Record<string, string>): Begun;
  end(begun: Begun, cli: Cli): Promise<void>;
}

const main = join(projectRoot, "cli", "main.ts");

const itself: Ending["begin"] = (cli, args, env) => cli.start(args, env);

const bySignal = (signal: NodeJS.Signals): Ending => ({
  heals: signal !== "SIGKILL",
  begin: itself,
  end: async ({ child }) => void child.kill(signal),
});

const all = {
  SIGKILL: bySignal("SIGKILL"),
  SIGINT: bySignal("SIGINT"),
  SIGTERM: bySignal("SIGTERM"),
  SIGHUP: bySignal("SIGHUP"),
  "SIGINT twice": {
    heals: false,
    begin: itself,
    end: async ({ child, finished }) => {
      child.kill("SIGINT");
      // One that comes within a second counts as the same.
      await Promise.race([finished, delay(1050)]);
      child.kill("SIGINT");
    },
  },
  "closed terminal": {
    heals: true,
    begin: (cli, args, env) => {
      const words = [process.execPath, main, ...args].join(" ");
      return cli.startCommand(["script", "-qfc", words, "/dev/null"], env, { stdio: "ignore" });
    },
    end: async ({ child }) => void child.kill("SIGKILL"),
  },
  "its starter killed": {
    heals: true,
    begin: (cli, args, env) => {
      const words = `${[process.execPath, main, ...args].join(" ")} >/dev/null 2>&1 & wait`;
      return cli.startCommand(["sh", "-c", words], env, { detached: true, stdio: "ignore" });
    },
    end: async ({ child }) => void child.kill("SIGKILL"),
  },
  "full disk": {
    heals: true,
    onFullDisk: true,
    begin: itself,
    end: async (_, { folder }) => fillDisk(folder),
  },
} satisfies Record<string, Ending>;

export type EndingName = keyof typeof all;
export const endings: Readonly<Record<EndingName, Ending>> = all;
