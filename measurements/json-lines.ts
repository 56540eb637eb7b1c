import type { z } from "zod";
import type { Fact } from "../common/errors.ts";
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

  constructor(name: string, schema: z.ZodType) {
    this.#name = name;
    this.#schema = schema;
  }

  /**
   * @param cut it ends without a line break: a crash leaves such a last line
   * @returns undefined for a line that is left out
   */
  take(line: string, { cut = false }: { cut?: boolean } = {}): T | undefined {
    this.#line++;
    if (line.trim() === "") return undefined;
    const parsed = parseObject(line);
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
    if (more > 0) {
      this.problems.push({
        code: "LINES_INVALID",
        fact: `${this.#name} has ${more} more lines that do not fit`,
      });
    }
  }

  #tell(code: string, fact: string): void {
    this.#wrong++;
    if (this.#wrong <= toldAtMost) this.problems.push({ code, fact });
  }
}

/** Reads one JSON object a line. A line that is none, or not what it should be, is told and left out. */
export function readJsonLines<T>(
  text: string,
  name: string,
  schema: z.ZodType,
): { entries: T[]; problems: Fact[] } {
  const reader = new LineReader<T>(name, schema);
  const lines = text.split("\n");
  const entries = lines.flatMap((line, index) => {
    const entry = reader.take(line, { cut: index === lines.length - 1 });
    return entry === undefined ? [] : [entry];
  });
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
