import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../common/paths.ts";
import type { SpanRecord } from "../../common/records.ts";
import { until } from "../../common/until.ts";
import type { Verdict } from "../../verdict/contract.ts";

export interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The command line as a person uses it, with a state folder and a runs folder of its own. */
export class Cli implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "matchday-e2e-"));
  readonly stateDir = join(this.folder, "state");
  readonly runsDir = join(this.folder, "runs");

  start(
    args: string[],
    env: Record<string, string> = {},
    options: SpawnOptions = {},
  ): { child: ChildProcess; finished: Promise<Finished> } {
    // What is read of the latest run is of this one, from its first line on.
    if (args[0] === "run") rmSync(this.latestRun, { force: true });
    return this.startCommand([process.execPath, join(projectRoot, "cli", "main.ts"), ...args], env, options);
  }

  /** Some other command, in the same surroundings. */
  startCommand(
    [command, ...args]: [string, ...string[]],
    env: Record<string, string> = {},
    options: SpawnOptions = {},
  ): { child: ChildProcess; finished: Promise<Finished> } {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
      env: { ...process.env, NO_COLOR: "1", MATCHDAY_STATE: this.stateDir, ...env },
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8");
      child[name]?.on("data", (text: string) => {
        output[name] += text;
      });
    }
    const finished = new Promise<Finished>((resolve) => {
      child.once("close", (exitCode) => resolve({ exitCode, ...output }));
    });
    return { child, finished };
  }

  run(args: string[], env?: Record<string, string>): Promise<Finished> {
    return this.start(args, env).finished;
  }

  /** Arguments of a small run that is long enough for its story; on processes of this machine unless told. */
  rehearsal(...more: string[]): string[] {
    const stack = more.includes("--stack") ? [] : ["--stack", "local"];
    return ["run", "goal-spike", "--out", this.runsDir, ...stack, ...more];
  }

  get latestRun(): string {
    return join(this.runsDir, "latest");
  }

  verdict(): Verdict {
    return JSON.parse(readFileSync(join(this.latestRun, "verdict.json"), "utf8"));
  }

  journal(): Record<string, unknown>[] {
    try {
      return readFileSync(join(this.latestRun, "journal.jsonl"), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  }

  spans(): SpanRecord[] {
    return readFileSync(join(this.latestRun, "spans.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** Docker's own command line. */
  docker(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)("docker", args);
  }

  /** Waits for a line of the journal: the run has come that far. */
  until(what: string, matches: (entry: Record<string, unknown>) => boolean): Promise<true> {
    return until(() => this.journal().some(matches), {
      // The first start in containers pulls and builds images.
      withinMs: 180_000,
      orElse: `no ${what} in the journal within 180 s`,
      everyMs: 50,
    }).then(() => true);
  }

  /** Processes that still run and were started here: by their environment, or (Redis overwrites its own) by their log. */
  leftovers(): string[] {
    const left: string[] = [];
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const ours =
          readFileSync(`/proc/${pid}/environ`, "latin1").includes(`MATCHDAY_STATE=${this.stateDir}\0`) ||
          readlinkSync(`/proc/${pid}/fd/1`).startsWith(this.folder);
        if (ours) left.push(`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`);
      } catch {
        // It has ended meanwhile, or is not ours to read.
      }
    }
    return left;
  }

  leases(): string[] {
    try {
      return readdirSync(join(this.stateDir, "leases"));
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.leftovers()) process.kill(Number(line.split(" ")[0]), "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
