import { type Document, LineCounter, parseDocument } from "yaml";
import { type AllowanceEntry, allowanceForms, readAllowance } from "../common/allowance.ts";
import { formatMs, parseDuration } from "../common/duration.ts";
import type { Problem } from "../common/errors.ts";
import type { Expectation, Experiment, FaultAllowance, PlannedFault } from "../common/experiment.ts";
import type { StackShape } from "./contract.ts";
import { expectationForms, readExpectation } from "./expectations.ts";
import { faultKinds } from "./faults/index.ts";
import { nominalShape } from "./stack-shape.ts";

export type ParsedExperiment =
  | { experiment: Experiment; problems: [] }
  | { experiment: null; problems: Problem[] };

export type AllowanceCheck = (entry: AllowanceEntry) => string | undefined;

/** A place in the file: `["faults", 0, "for"]`. */
type Path = (string | number)[];

const topKeys = ["title", "faults"];
const faultKeys = ["kind", "at", "for", "options", "expect", "allow", "for-at-most"];

/**
 * Reads an experiment, and checks all of it.
 * @param name what problems call the file; the experiment's id is its last part without `.yaml`.
 * @param stack when it is given, what the faults name has to exist in it.
 * @param allowanceProblem what is wrong with an allowance, if anything is: which measures there are is the verdict's to say.
 * @returns the experiment, or every problem at once, each with its line.
 */
export function parseExperiment(
  text: string,
  name: string,
  stack?: StackShape,
  allowanceProblem?: AllowanceCheck,
): ParsedExperiment {
  const reader = new ExperimentReader(text, name, stack, allowanceProblem);
  const experiment = reader.read();
  return reader.problems.length === 0 && experiment
    ? { experiment, problems: [] }
    : { experiment: null, problems: reader.problems };
}

class ExperimentReader {
  readonly problems: Problem[] = [];
  readonly #name: string;
  readonly #stack: StackShape | undefined;
  readonly #allowanceProblem: AllowanceCheck | undefined;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(
    text: string,
    name: string,
    stack: StackShape | undefined,
    allowanceProblem: AllowanceCheck | undefined,
  ) {
    this.#name = name;
    this.#stack = stack;
    this.#allowanceProblem = allowanceProblem;
    this.#document = parseDocument(text, { lineCounter: this.#lines });
  }

  read(): Experiment | null {
    const broken = [...this.#document.errors, ...this.#document.warnings];
    for (const error of broken) {
      this.#add(error.linePos?.[0].line ?? 1, {
        code: "EXPERIMENT_NOT_YAML",
        // The rest of the message is a picture of the line.
        fact: error.message.split(/ at line \d+|\n/)[0]!,
        remedy: "correct the YAML; chaos/experiments holds examples",
      });
    }
    if (broken.length > 0) return null;
    const content: unknown = this.#document.toJS();
    if (!isMapping(content)) {
      this.#invalid([], "an experiment is a mapping", 'write "title:" and "faults:"');
      return null;
    }
    this.#refuseOtherKeys(content, topKeys, [], "an experiment");
    const { title, faults } = content;
    if (typeof title !== "string" || title.trim() === "") {
      this.#invalid(["title"], "title is missing, or no text", "say in one sentence what breaks");
    }
    if (!Array.isArray(faults) || faults.length === 0) {
      this.#invalid(
        ["faults"],
        "faults is missing, or no list",
        'list at least one fault: "- kind: redis-down"',
      );
      return null;
    }
    const ids = new Map<string, number>();
    const planned = faults.map((fault, index) => this.#readFault(fault, index, ids));
    this.#refuseOverlaps(planned);
    return {
      id: this.#name
        .split("/")
        .at(-1)!
        .replace(/\.ya?ml$/, ""),
      title: String(title),
      faults: planned.filter((fault) => fault !== null),
    };
  }

  #readFault(fault: unknown, index: number, ids: Map<string, number>): PlannedFault | null {
    const at: Path = ["faults", index];
    if (!isMapping(fault)) {
      this.#invalid(at, "a fault is a mapping", 'write "kind:" and "for:"');
      return null;
    }
    const before = this.problems.length;
    this.#refuseOtherKeys(fault, faultKeys, at, "a fault");
    const kind = this.#readKind(fault.kind, fault.options ?? {}, at);
    const atMs = fault.at === undefined ? 0 : this.#readDuration(fault.at, [...at, "at"], 0);
    const forMs = this.#readDuration(fault.for, [...at, "for"], 1);
    const expect = this.#readExpectations(fault.expect ?? [], [...at, "expect"]);
    const allow = this.#readAllowances(fault, at);
    if (kind === undefined || atMs === undefined || forMs === undefined) return null;
    if (this.problems.length > before) return null;
    const nth = (ids.get(kind) ?? 0) + 1;
    ids.set(kind, nth);
    return {
      id: nth === 1 ? kind : `${kind}-${nth}`,
      kind,
      options: (fault.options ?? {}) as Record<string, unknown>,
      atMs,
      forMs,
      expect,
      ...(allow ? { allow } : {}),
    };
  }

  #readKind(kind: unknown, options: unknown, at: Path): string | undefined {
    const known = typeof kind === "string" ? faultKinds.get(kind) : undefined;
    if (!known) {
      this.#problem([...at, "kind"], {
        code: "FAULT_KIND_UNKNOWN",
        fact: kind === undefined ? "kind is missing" : `there is no fault ${JSON.stringify(kind)}`,
        remedy: `the kinds are ${[...faultKinds.keys()].join(", ")}`,
      });
      return undefined;
    }
    for (const { option, ...problem } of known.problems(options, this.#stack)) {
      this.#problem([...at, "options", ...(option === undefined ? [] : [option])], problem);
    }
    return known.id;
  }

  #readDuration(value: unknown, at: Path, leastMs: number): number | undefined {
    const key = String(at.at(-1));
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= leastMs) return ms;
    const fact =
      value === undefined || value === null
        ? `${key} is missing`
        : ms === undefined
          ? `${key}: ${JSON.stringify(value)} is no duration`
          : `${key}: a fault of ${formatMs(ms)} does nothing`;
    this.#invalid(at, fact, "write 500ms, 10s or 1m30s");
    return undefined;
  }

  #readExpectations(entries: unknown, at: Path): Expectation[] {
    if (!Array.isArray(entries)) {
      this.#invalid(at, "expect is no list", `its entries are ${expectationForms}`);
      return [];
    }
    const read: Expectation[] = [];
    for (const [index, entry] of entries.entries()) {
      const expectation = readExpectation(entry);
      if ("fact" in expectation) {
        this.#problem([...at, index], {
          code: expectation.unknown ? "EXPECTATION_UNKNOWN" : "EXPERIMENT_INVALID",
          fact: expectation.fact,
          remedy: `write ${expectationForms}`,
        });
      } else if (read.some(({ id }) => id === expectation.id)) {
        this.#invalid([...at, index], `${expectation.id} is expected twice`, "leave one of them out");
      } else read.push(expectation);
    }
    return read;
  }

  #readAllowances(fault: Record<string, unknown>, at: Path): FaultAllowance | undefined {
    const { allow: entries, "for-at-most": limit } = fault;
    if (entries === undefined && limit === undefined) return undefined;
    const path = [...at, "allow"];
    if (!Array.isArray(entries) || entries.length === 0) {
      const fact = entries === undefined ? "for-at-most without allow" : "allow is no list, or empty";
      this.#invalid(path, fact, `its entries are ${allowanceForms}`);
      return undefined;
    }
    const measures: FaultAllowance["measures"] = [];
    for (const [index, entry] of entries.entries()) {
      const read = readAllowance(entry);
      const fact = "fact" in read ? read.fact : this.#allowanceProblem?.(read);
      if ("fact" in read || fact !== undefined) {
        this.#invalid([...path, index], fact!, `write ${allowanceForms}`);
      } else if (measures.some(({ measure }) => measure === read.measure)) {
        this.#invalid([...path, index], `${read.measure} is allowed twice`, "leave one of them out");
      } else measures.push(read);
    }
    const forAtMostMs = this.#readDuration(limit, [...at, "for-at-most"], 1);
    return forAtMostMs === undefined ? undefined : { measures, forAtMostMs };
  }

  /** Two faults at once on one target would undo each other. */
  #refuseOverlaps(faults: (PlannedFault | null)[]): void {
    const touched = (fault: PlannedFault) =>
      faultKinds.get(fault.kind)!.touches(fault.options, this.#stack ?? nominalShape);
    for (const [index, fault] of faults.entries()) {
      if (!fault) continue;
      const targets = new Set(touched(fault));
      for (const [earlierIndex, earlier] of faults.slice(0, index).entries()) {
        if (
          !earlier ||
          fault.atMs >= earlier.atMs + earlier.forMs ||
          earlier.atMs >= fault.atMs + fault.forMs
        )
          continue;
        const shared = touched(earlier).filter((target) => targets.has(target));
        if (shared.length === 0) continue;
        const more = shared.length > 3 ? ` and ${shared.length - 3} more` : "";
        this.#problem(["faults", index], {
          code: "FAULTS_OVERLAP",
          fact: `${fault.id} overlaps with ${earlier.id} (line ${this.#lineOf(["faults", earlierIndex])}) on ${shared.slice(0, 3).join(", ")}${more}`,
          remedy: `begin it at ${formatMs(earlier.atMs + earlier.forMs)} or later, or choose another target`,
        });
      }
    }
  }

  #refuseOtherKeys(content: Record<string, unknown>, known: string[], at: Path, what: string): void {
    for (const key of Object.keys(content).filter((key) => !known.includes(key))) {
      this.#invalid([...at, key], `${what} has no "${key}"`, `its keys are ${known.join(", ")}`);
    }
  }

  #invalid(at: Path, fact: string, remedy: string): void {
    this.#problem(at, { code: "EXPERIMENT_INVALID", fact, remedy });
  }

  #problem(at: Path, problem: Problem): void {
    this.#add(this.#lineOf(at), problem);
  }

  #add(line: number, problem: Problem): void {
    this.problems.push({ ...problem, fact: `${this.#name}:${line}: ${problem.fact}` });
  }

  /** The line of what stands at a path; of what it would stand in, when it is missing. */
  #lineOf(at: Path): number {
    for (let depth = at.length; depth >= 0; depth--) {
      const node = this.#document.getIn(at.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
