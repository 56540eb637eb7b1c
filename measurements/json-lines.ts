import type { z } from "zod";
import type { Fact } from "../common/errors.ts";
import { type Line, linesIn, mostUnfitLines } from "./lines.ts";
import { problemOf } from "./record-schemas.ts";

/** Lines of one file that are told one by one; a file of which more are wrong is told to be so. */
const toldAtMost = 5;

/** Takes the lines of a file: those that are what they should be, and what is wrong with the others. */
export class LineReader<T> {
  readonly problems: Fact[] = [];
  readonly #name: string;
  readonly #schema: z.ZodType;
  #line = 0;
  #wrong = 0;
  #empty = 0;

  constructor(name: string, schema: z.ZodType) {
    this.#name = name;
    this.#schema = schema;
  }

  /** So many lines do not fit that the next ones are not to be taken. */
  get gaveUp(): boolean {
    return this.#wrong + this.#empty > mostUnfitLines;
  }

  /** @returns undefined for a line that is left out */
  take({ text, cut }: Line): T | undefined {
    this.#line++;
    if (text.trim() === "") {
      this.#empty++;
      return undefined;
    }
    const parsed = parseObject(text);
    if (parsed === undefined) {
      if (cut) this.#tell("LINE_CUT", `${this.#name} ends in the middle of line ${this.#line}`);
      else this.#tell("LINE_UNREADABLE", `${this.#name} has no JSON object in line ${this.#line}`);
      return undefined;
    }
    const problem = problemOf(this.#schema, parsed);
    if (problem === undefined) return parsed as T;
    this.#tell("LINE_INVALID", `${this.#name}, line ${this.#line}: ${problem}`);
    return undefined;
  }

  /** After the last line. */
  end(): void {
    const more = this.#wrong - toldAtMost;
    const most = mostUnfitLines.toLocaleString("en-US");
    if (this.gaveUp) this.#tellAll(`more than ${most} lines that do not fit: the rest is not read`);
    else if (more > 0) this.#tellAll(`${more} more lines that do not fit`);
  }

  #tell(code: string, fact: string): void {
    this.#wrong++;
    if (this.#wrong <= toldAtMost) this.problems.push({ code, fact });
  }

  #tellAll(lines: string): void {
    this.problems.push({ code: "LINES_INVALID", fact: `${this.#name} has ${lines}` });
  }
}

/** Reads one JSON object a line. A line that is none, or not what it should be, is told and left out. */
export function readJsonLines<T>(
  text: string,
  name: string,
  schema: z.ZodType,
): { entries: T[]; problems: Fact[] } {
  const reader = new LineReader<T>(name, schema);
  const entries: T[] = [];
  for (const line of linesIn(text)) {
    const entry = reader.take(line);
    if (entry !== undefined) entries.push(entry);
    if (reader.gaveUp) break;
  }
  reader.end();
  return { entries, problems: reader.problems };
}

/** The object that a line holds; `undefined` when it holds none, or not a whole one. */
export function parseObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
