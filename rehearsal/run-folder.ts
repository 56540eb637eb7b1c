import {
  appendFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import { makeFolder } from "../common/make-folder.ts";
import type { JournalEntry } from "../common/records.ts";
import { writeRemedyOf } from "../common/system-errors.ts";
import { sealRun } from "../measurements/seal.ts";

/** `2026-11-21T13-05-31-goal-spike`: sorts by time, and is a valid file name everywhere. */
export function runName(scenario: string, at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(":", "-")}-${scenario}`;
}

/** The folder of one run. Everything is appended as it happens, so that a crash loses no more than a second. */
export class RunFolder {
  readonly path: string;
  readonly #appended = new Map<string, unknown[]>();

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @returns undefined when there is one of this name
   * @throws MatchdayError RUN_FOLDER_UNWRITABLE
   */
  static create(runsDir: string, name: string): RunFolder | undefined {
    const path = join(runsDir, name);
    try {
      makeFolder(runsDir);
      if (existsSync(path)) return undefined;
      mkdirSync(path);
    } catch (error) {
      throw unwritable(path, error);
    }
    try {
      const folder = new RunFolder(path);
      folder.#pointLatest(runsDir);
      return folder;
    } catch (error) {
      rmSync(path, { recursive: true });
      throw unwritable(join(runsDir, "latest"), error);
    }
  }

  /** In one step: two runs that begin at once both point it somewhere. */
  #pointLatest(runsDir: string): void {
    const link = join(runsDir, `.latest-${basename(this.path)}`);
    symlinkSync(basename(this.path), link);
    try {
      renameSync(link, join(runsDir, "latest"));
    } catch (error) {
      rmSync(link, { force: true });
      throw error;
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string): void {
    this.#guard(name, (file) => writeFileSync(file, content));
  }

  writeJson(name: string, content: unknown): void {
    this.write(name, `${JSON.stringify(content, null, 2)}\n`);
  }

  /** Appends one line of JSON for each entry; what is not remembered is not in `appended`. */
  append(name: string, entries: readonly unknown[], { remember = true } = {}): void {
    if (entries.length === 0) return;
    this.#guard(name, (file) =>
      appendFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join("")),
    );
    if (!remember) return;
    const known = this.#appended.get(name);
    if (known) known.push(...entries);
    else this.#appended.set(name, [...entries]);
  }

  /**
   * Takes the file that each generator has written, if it has, into one that readers find; nothing of it is held in memory.
   * @param parts `history-0.jsonl`, `history-1.jsonl` …
   */
  async takeIn(name: string, parts: readonly string[]): Promise<void> {
    for (const part of parts.map((each) => this.file(each)).filter(existsSync)) {
      try {
        await pipeline(createReadStream(part), createWriteStream(this.file(name), { flags: "a" }));
      } catch (error) {
        throw unwritable(this.file(name), error);
      }
      rmSync(part);
    }
  }

  /** Nothing that a run is judged from is written after it. */
  async seal(): Promise<void> {
    try {
      await sealRun(this.path);
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  /** What this process has appended to a file so far. */
  appended<Entry>(name: string): Entry[] {
    return (this.#appended.get(name) ?? []) as Entry[];
  }

  journal(entry: JournalEntry): void {
    this.append("journal.jsonl", [entry]);
  }

  #guard(name: string, write: (file: string) => void): void {
    try {
      write(this.file(name));
    } catch (error) {
      throw unwritable(this.file(name), error);
    }
  }
}

function unwritable(path: string, cause: unknown): MatchdayError {
  return new MatchdayError("RUN_FOLDER_UNWRITABLE", `${path} cannot be written: ${messageOf(cause)}`, {
    hint: `${writeRemedyOf(cause)}, or choose another place with --out DIR`,
    exitCode: ExitCode.harness,
    cause,
  });
}
