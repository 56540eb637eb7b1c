import type { Problem } from "../common/errors.ts";
import type { readYaml } from "../common/read-yaml.ts";

/** A place in the file: `["faults", 0, "for"]`. */
export type Path = (string | number)[];

/** More are told as their number. */
const mostTold = 20;

/** What is wrong with an experiment, each with its file and line. */
export class ExperimentProblems {
  readonly #name: string;
  readonly #yaml: ReturnType<typeof readYaml>;
  readonly #told: Problem[] = [];
  #count = 0;

  constructor(name: string, yaml: ReturnType<typeof readYaml>) {
    this.#name = name;
    this.#yaml = yaml;
  }

  get count(): number {
    return this.#count;
  }

  invalid(at: Path, fact: string, remedy: string): void {
    this.add(at, { code: "EXPERIMENT_INVALID", fact, remedy });
  }

  add(at: Path, problem: Problem): void {
    // The line of one that is not told is not looked for: that takes as long as the file is large.
    if (this.#isRoom()) this.#tell(this.lineOf(at), problem);
  }

  atOffset(offset: number, problem: Problem): void {
    if (this.#isRoom()) this.#tell(this.#yaml.lineAt(offset), problem);
  }

  all(): Problem[] {
    const more = this.#count - this.#told.length;
    if (more === 0) return this.#told;
    const fact = `${this.#name} has ${more.toLocaleString("en")} more problems`;
    return [...this.#told, { code: "EXPERIMENT_INVALID", fact, remedy: "correct those above first" }];
  }

  /** The line of what stands at a path; of what it would stand in, when it is missing. */
  lineOf(at: Path): number {
    const document = this.#yaml.documents[0]?.yaml;
    for (let depth = at.length; depth >= 0; depth--) {
      const node = document?.getIn(at.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return this.#yaml.lineAt(node.range[0]);
    }
    return 1;
  }

  #isRoom(): boolean {
    this.#count++;
    return this.#told.length < mostTold;
  }

  #tell(line: number, problem: Problem): void {
    this.#told.push({ ...problem, fact: `${this.#name}:${line}: ${problem.fact}` });
  }
}
