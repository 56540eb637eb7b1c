import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MatchdayError } from "./errors.ts";
import { launched } from "./launcher.ts";
import { makeFolder } from "./make-folder.ts";
import { identityOf, type ProcessIdentity } from "./process-identity.ts";

export interface ProcessSpec {
  /** Unique within a run: `edge-2`, `redis`, `k6-0`. */
  name: string;
  command: string;
  args?: string[];
  cwd?: string;
  /** Added to this process's environment, of which another user's process gets little. */
  env?: Record<string, string>;
  /** Where stdout and stderr go, appended. */
  logFile: string;
  /** What it reads; nothing unless told. */
  stdinFile?: string;
  uid?: number;
  gid?: number;
  /** How it is asked to end; SIGTERM unless told. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take before SIGKILL; 5 s unless told. */
  stopWithinMs?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What a program needs to be found and to speak; the rest may be the starter's secrets, which its user could read. */
const shared = ["PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "TMPDIR"];

function forAnotherUser(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => shared.includes(name)));
}

/** A started child process, in a process group of its own: a Ctrl-C of the terminal does not reach it. */
export class ManagedProcess implements AsyncDisposable {
  readonly spec: ProcessSpec;
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended, however it did; never rejects. */
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(spec: ProcessSpec, child: ChildProcess) {
    this.spec = spec;

    this.identity = identityOf(child.pid!);
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /**
   * @param onRecord open files by which it can be found from its first moment on (see `launcher.ts`)
   * @throws MatchdayError COMPONENT_MISSING when the command cannot be started.
   */
  static async start(
    spec: ProcessSpec,
    onRecord?: { identity: number; gate: number },
  ): Promise<ManagedProcess> {
    makeFolder(dirname(spec.logFile));
    const log = openSync(spec.logFile, "a");
    const stdin = spec.stdinFile === undefined ? undefined : openSync(spec.stdinFile, "r");
    try {
      const { command, args = [] } = spec;
      // A launcher would start, and only then find that there is nothing to become.
      if (onRecord) refuseUnlessExecutable(spec);
      const actual = onRecord ? launched(command, args) : { command, args };
      const child = spawn(actual.command, actual.args, {
        stdio: [stdin ?? "ignore", log, log, ...(onRecord ? [onRecord.identity, onRecord.gate] : [])],
        detached: true,
        env: { ...(spec.uid === undefined ? process.env : forAnotherUser(process.env)), ...spec.env },
        ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
        ...(spec.uid === undefined ? {} : { uid: spec.uid }),
        ...(spec.gid === undefined ? {} : { gid: spec.gid }),
      });
      // A failed start (no such file, no right) is told by an event, and leaves no pid.
      if (child.pid === undefined) {
        throw missing(spec, await new Promise<Error>((resolve) => child.once("error", resolve)));
      }
      return new ManagedProcess(spec, child);
    } finally {
      closeSync(log);
      if (stdin !== undefined) closeSync(stdin);
    }
  }

  get name(): string {
    return this.spec.name;
  }

  get pid(): number {
    return this.identity.pid;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** Sends a signal to the process and all that it started. */
  signal(signal: NodeJS.Signals): void {
    if (!this.running) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Asks the process to end, then makes it; safe to call twice. Resolves when it has ended. */
  stop(withinMs = this.spec.stopWithinMs ?? 5000): Promise<void> {
    this.#stopped ??= this.#shutDown(withinMs);
    return this.#stopped;
  }

  async #shutDown(withinMs: number): Promise<void> {
    if (!this.running) return;
    this.signal(this.spec.stopSignal ?? "SIGTERM");
    // A stopped (SIGSTOP) process only sees the signal once it goes on.
    this.signal("SIGCONT");
    const timer = new AbortController();
    const ended = await Promise.race([
      this.exited.then(() => true),
      delay(withinMs, false, { signal: timer.signal }).catch(() => true),
    ]);
    timer.abort();
    if (ended) return;
    this.signal("SIGKILL");
    await this.exited;
  }

  /** The last lines of what it printed, for an error message. */
  logTail(lines = 5): string {
    try {
      return readFileSync(this.spec.logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "";
    }
  }

  /** How it ended, in words: `was killed by SIGKILL`, `exited with code 1`. */
  howItEnded(): string {
    if (!this.exit) return "is running";
    return this.exit.signal ? `was killed by ${this.exit.signal}` : `exited with code ${this.exit.code}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const missing = ({ name }: ProcessSpec, cause: Error) =>
  new MatchdayError("COMPONENT_MISSING", `${name} cannot be started: ${cause.message}`, {
    hint: "run npm run setup; it names what is missing",
    cause,
  });

function refuseUnlessExecutable(spec: ProcessSpec): void {
  const { command, env } = spec;
  const path = (env?.PATH ?? process.env.PATH ?? "").split(delimiter);
  const places = command.includes("/") ? [command] : path.map((dir) => join(dir, command));
  let cause = new Error(`${command} is in none of the folders of PATH (ENOENT)`);
  for (const place of places) {
    try {
      accessSync(place, constants.X_OK);
      if (!statSync(place).isFile()) throw new Error(`${place} is no file`);
      return;
    } catch (error) {
      if (command.includes("/")) cause = error as Error;
    }
  }
  throw missing(spec, cause);
}
