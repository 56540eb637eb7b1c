import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Cli } from "../e2e/cli.ts";
import type { Round } from "./round.ts";

interface Instant {
  /** How often it is chosen. */
  weight: number;
  /** How long after it the ending comes, at most. */
  withinMs: number;
  /** Only a run with a fault comes to it. */
  withFault?: true;
  /** Databases are made anew, as the first run on a machine does. */
  firstRun?: true;
  isReached(run: WatchedRun, round: Round): boolean;
}

/** All by what stands on the disk, so that they are met however fast the machine is. */
const all = {
  spawn: {
    weight: 8,
    withinMs: 40,
    isReached: (run, { process }) => run.begun().length >= process,
  },
  initdb: {
    weight: 3,
    withinMs: 1500,
    firstRun: true,
    isReached: (run) => run.hasBegun("initdb"),
  },
  migrate: {
    weight: 3,
    withinMs: 400,
    isReached: (run) => run.says("logs/postgres.log", "ready to accept connections"),
  },
  barrier: {
    weight: 3,
    withinMs: 500,
    isReached: (run) => run.hasBegun("k6-0"),
  },
  "any time": {
    weight: 2,
    withinMs: 20_000,
    isReached: () => true,
  },
  inject: {
    weight: 2,
    withinMs: 100,
    withFault: true,
    // Before the fault begins its undoing is on the disk.
    isReached: (run) => run.ledger().includes('"open"'),
  },
  heal: {
    weight: 2,
    withinMs: 100,
    withFault: true,
    isReached: (run) => run.says("journal.jsonl", '"state":"healing"'),
  },
  final: {
    weight: 1,
    withinMs: 300,
    // What generators say last, they say after their leave.
    isReached: (run) => run.isOver(),
  },
  report: {
    weight: 1,
    withinMs: 100,
    isReached: (run) => run.says("journal.jsonl", '"state":"ended"'),
  },
} satisfies Record<string, Instant>;

export type InstantName = keyof typeof all;
export const instants: Readonly<Record<InstantName, Instant>> = all;

/** How far a run has come, by its files. */
export class WatchedRun {
  readonly #cli: Cli;
  #endUs: number | undefined;

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  /** Undefined before it has a folder. */
  get id(): string | undefined {
    try {
      return readlinkSync(this.#cli.latestRun);
    } catch {
      return undefined;
    }
  }

  /** The files of its processes, each made before its process begins. */
  begun(): string[] {
    const { id } = this;
    if (id === undefined) return [];
    return listed(join(this.#cli.stateDir, "leases", id)).filter((name) => name.startsWith("process-"));
  }

  hasBegun(process: string): boolean {
    return this.begun().some((name) => name.endsWith(`-${process}`));
  }

  says(file: string, text: string): boolean {
    return textOf(join(this.#cli.latestRun, file)).includes(text);
  }

  ledger(): string {
    return this.id === undefined ? "" : textOf(join(this.#cli.stateDir, "faults", `${this.id}.jsonl`));
  }

  isOver(): boolean {
    if (this.#endUs === undefined) {
      if (!this.says("journal.jsonl", '"started"')) return false;
      const plan = JSON.parse(textOf(join(this.#cli.latestRun, "plan.json")));
      this.#endUs = plan.startAtUs + plan.durationMs * 1000;
    }
    return Date.now() * 1000 >= this.#endUs!;
  }

  /** What a run that healed has saved; a run that was ended before it had a folder has nothing to save. */
  get isSaved(): boolean {
    return this.id === undefined || existsSync(join(this.#cli.latestRun, "report.html"));
  }
}

function listed(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
