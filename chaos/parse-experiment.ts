import { type AllowanceEntry, allowanceForms, leastAllowedMs, readAllowance } from "../common/allowance.ts";
import { formatMs, parseDuration } from "../common/duration.ts";
import type { Problem } from "../common/errors.ts";
import type { Expectation, Experiment, FaultAllowance, PlannedFault } from "../common/experiment.ts";
import { readYaml } from "../common/read-yaml.ts";
import type { StackShape } from "./contract.ts";
import { expectationForms, readExpectation } from "./expectations.ts";
import { ExperimentProblems, type Path } from "./experiment-problems.ts";
import { faultKinds } from "./faults/index.ts";
import { nominalShape } from "./stack-shape.ts";

export type ParsedExperiment =
  | { experiment: Experiment; problems: [] }
  | { experiment: null; problems: Problem[] };

export type AllowanceCheck = (entry: AllowanceEntry) => string | undefined;

/** Of an experiment: each pair of them is looked at, and a run of so many would take days. */
const mostFaults = 100;
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
  const problems = reader.problems.all();
  return problems.length === 0 && experiment ? { experiment, problems: [] } : { experiment: null, problems };
}

class ExperimentReader {
  readonly problems: ExperimentProblems;
  readonly #name: string;
  readonly #stack: StackShape | undefined;
  readonly #allowanceProblem: AllowanceCheck | undefined;
  readonly #yaml: ReturnType<typeof readYaml>;

  constructor(
    text: string,
    name: string,
    stack: StackShape | undefined,
    allowanceProblem: AllowanceCheck | undefined,
  ) {
    this.#name = name;
    this.#stack = stack;
    this.#allowanceProblem = allowanceProblem;
    this.#yaml = readYaml(text);
    this.problems = new ExperimentProblems(name, this.#yaml);
  }

  read(): Experiment | null {
    const { mistakes, documents } = this.#yaml;
    for (const { kind, offset, fact, remedy } of mistakes) {
      this.problems.atOffset(offset, {
        code: kind === "syntax" ? "EXPERIMENT_NOT_YAML" : "EXPERIMENT_INVALID",
        fact,
        remedy: `${remedy}; chaos/experiments holds examples`,
      });
    }
    if (mistakes.length > 0) return null;
    if (documents.length > 1) {
      this.problems.atOffset(documents[1]!.yaml.range[0], {
        code: "EXPERIMENT_INVALID",
        fact: "a file holds one experiment, and this is another",
        remedy: "put each into a file of its own",
      });
      return null;
    }
    const content = documents[0]?.value;
    if (!isMapping(content)) {
      this.problems.invalid([], "an experiment is a mapping", 'write "title:" and "faults:"');
      return null;
    }
    this.#refuseOtherKeys(content, topKeys, [], "an experiment");
    const { title, faults } = content;
    if (typeof title !== "string" || title.trim() === "") {
      this.problems.invalid(["title"], "title is missing, or no text", "say in one sentence what breaks");
    }
    if (!Array.isArray(faults) || faults.length === 0) {
      this.problems.invalid(
        ["faults"],
        "faults is missing, or no list",
        'list at least one fault: "- kind: redis-down"',
      );
      return null;
    }
    if (faults.length > mostFaults) {
      this.problems.invalid(
        ["faults"],
        `there are ${faults.length.toLocaleString("en")} faults, and at most ${mostFaults} can be planned`,
        "leave some out",
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
      this.problems.invalid(at, "a fault is a mapping", 'write "kind:" and "for:"');
      return null;
    }
    const before = this.problems.count;
    this.#refuseOtherKeys(fault, faultKeys, at, "a fault");
    const kind = this.#readKind(fault.kind, fault.options ?? {}, at);
    const atMs = fault.at === undefined ? 0 : this.#readDuration(fault.at, [...at, "at"], 0);
    const forMs = this.#readDuration(fault.for, [...at, "for"], 1);
    const expect = this.#readExpectations(fault.expect ?? [], [...at, "expect"]);
    const allow = this.#readAllowances(fault, at);
    if (kind === undefined || atMs === undefined || forMs === undefined) return null;
    if (this.problems.count > before) return null;
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
      this.problems.add([...at, "kind"], {
        code: "FAULT_KIND_UNKNOWN",
        fact: kind === undefined ? "kind is missing" : `there is no fault ${JSON.stringify(kind)}`,
        remedy: `the kinds are ${[...faultKinds.keys()].join(", ")}`,
      });
      return undefined;
    }
    for (const { option, ...problem } of known.problems(options, this.#stack)) {
      this.problems.add([...at, "options", ...(option === undefined ? [] : [option])], problem);
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
          : leastMs === leastAllowedMs
            ? `${key}: ${value} is less than ${formatMs(leastAllowedMs)}, and runs are recorded by the second`
            : `${key}: a fault of ${formatMs(ms)} does nothing`;
    this.problems.invalid(at, fact, "write 500ms, 10s or 1m30s");
    return undefined;
  }

  #readExpectations(entries: unknown, at: Path): Expectation[] {
    if (!Array.isArray(entries)) {
      this.problems.invalid(at, "expect is no list", `its entries are ${expectationForms}`);
      return [];
    }
    const read: Expectation[] = [];
    for (const [index, entry] of entries.entries()) {
      const expectation = readExpectation(entry);
      if ("fact" in expectation) {
        this.problems.add([...at, index], {
          code: expectation.unknown ? "EXPECTATION_UNKNOWN" : "EXPERIMENT_INVALID",
          fact: expectation.fact,
          remedy: `write ${expectationForms}`,
        });
      } else if (read.some(({ id }) => id === expectation.id)) {
        this.problems.invalid([...at, index], `${expectation.id} is expected twice`, "leave one of them out");
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
      this.problems.invalid(path, fact, `its entries are ${allowanceForms}`);
      return undefined;
    }
    const measures: FaultAllowance["measures"] = [];
    for (const [index, entry] of entries.entries()) {
      const read = readAllowance(entry);
      const fact = "fact" in read ? read.fact : this.#allowanceProblem?.(read);
      if ("fact" in read || fact !== undefined) {
        this.problems.invalid([...path, index], fact!, `write ${allowanceForms}`);
      } else if (measures.some(({ measure }) => measure === read.measure)) {
        this.problems.invalid([...path, index], `${read.measure} is allowed twice`, "leave one of them out");
      } else measures.push(read);
    }
    const forAtMostMs = this.#readDuration(limit, [...at, "for-at-most"], leastAllowedMs);
    return forAtMostMs === undefined ? undefined : { measures, forAtMostMs };
  }

  /** Two faults at once on one target would undo each other. */
  #refuseOverlaps(faults: (PlannedFault | null)[]): void {
    const targetsOf = new Map(
      faults.flatMap((fault) => {
        if (!fault) return [];
        const targets = faultKinds.get(fault.kind)!.touches(fault.options, this.#stack ?? nominalShape);
        return [[fault, new Set(targets)] as const];
      }),
    );
    for (const [index, fault] of faults.entries()) {
      if (!fault) continue;
      const targets = targetsOf.get(fault)!;
      for (const [earlierIndex, earlier] of faults.slice(0, index).entries()) {
        if (
          !earlier ||
          fault.atMs >= earlier.atMs + earlier.forMs ||
          earlier.atMs >= fault.atMs + fault.forMs
        )
          continue;
        const shared = [...targetsOf.get(earlier)!.intersection(targets)];
        if (shared.length === 0) continue;
        const more = shared.length > 3 ? ` and ${shared.length - 3} more` : "";
        this.problems.add(["faults", index], {
          code: "FAULTS_OVERLAP",
          fact: `${fault.id} overlaps with ${earlier.id} (line ${this.problems.lineOf(["faults", earlierIndex])}) on ${shared.slice(0, 3).join(", ")}${more}`,
          remedy: `begin it at ${formatMs(earlier.atMs + earlier.forMs)} or later, or choose another target`,
        });
      }
    }
  }

  #refuseOtherKeys(content: Record<string, unknown>, known: string[], at: Path, what: string): void {
    for (const key of Object.keys(content).filter((key) => !known.includes(key))) {
      this.problems.invalid([...at, key], `${what} has no "${key}"`, `its keys are ${known.join(", ")}`);
    }
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
