import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type Document as YamlDocument,
} from "yaml";
import type { Problem } from "../../common/errors.ts";
import { readYaml } from "../../common/read-yaml.ts";

export type Path = readonly (string | number)[];

const remedyOfAll = "see OpenSLO v1, and verdict/budgets/live-scores.yaml for an example";

/**
 * A file of OpenSLO: documents between `---`, lists of documents, or both; anchors and merge keys are followed.
 * @param lineInFile where a line of the text stands, when the text itself stands in a file
 */
export function readSource(
  text: string,
  name: string,
  lineInFile = (line: number) => line,
): { documents: SourceDocument[]; problems: Problem[] } {
  const { documents: read, mistakes, lineAt: lineInText } = readYaml(text);
  const lineAt = (offset: number) => lineInFile(lineInText(offset));
  const documents = read.flatMap(({ yaml, value }) => {
    if (value === null) return [];
    const whole = new SourceDocument({ yaml, lineAt, name }, yaml.contents as Node);
    return (Array.isArray(value) ? value : [value]).map((each, index) => whole.part(each, index));
  });
  const problems = mistakes.map(({ kind, offset, fact, remedy }) => ({
    code: kind === "syntax" ? "BUDGET_UNREADABLE" : "BUDGET_INVALID",
    fact: `${name}:${lineAt(offset)}: ${fact}`,
    remedy,
  }));
  return { documents, problems };
}

interface Origin {
  yaml: YamlDocument.Parsed | YamlDocument;
  lineAt(offset: number): number;
  name: string;
}

/** One OpenSLO document of a file, which knows on which line each of its fields stands. */
export class SourceDocument {
  readonly value: unknown;
  readonly #origin: Origin;
  readonly #root: Node;

  constructor(origin: Origin, root: Node, value?: unknown) {
    this.#origin = origin;
    this.#root = root;
    this.value = value;
  }

  /** An entry of a top-level list; or the document itself, where it is none. */
  part(value: unknown, index: number): SourceDocument {
    const node = isSeq(this.#root) ? this.#root.items[index] : this.#root;
    return new SourceDocument(this.#origin, isNode(node) ? node : this.#root, value);
  }

  problem(path: Path, fact: string, remedy = remedyOfAll): Problem {
    return this.problemOnLine(this.lineOf(path), fact, remedy);
  }

  /** A text of YAML that stands in a field of this document. */
  within(path: Path, text: string): ReturnType<typeof readSource> {
    const [node, start] = this.#walk(path);
    const line = this.#origin.lineAt(start);
    // That of a block (`|`, `>`) begins on the next line.
    const isBlock = isScalar(node) && /^BLOCK_/.test((node as Scalar).type ?? "");
    return readSource(text, this.#origin.name, (inner) => (isBlock ? line + inner : line));
  }

  problemOnLine(line: number, fact: string, remedy: string): Problem {
    return { code: "BUDGET_INVALID", fact: `${this.#origin.name}:${line}: ${fact}`, remedy };
  }

  /** The line of a field, or of the nearest thing that should hold it. */
  lineOf(path: Path): number {
    const [, start] = this.#walk(path);
    return this.#origin.lineAt(start);
  }

  /** The node at the end of a path as far as there is one, and the offset at which it (or its key) begins. */
  #walk(path: Path): [Node | undefined, number] {
    let node: Node | undefined = this.#root;
    let start = this.#root.range?.[0] ?? 0;
    for (const key of path) {
      const found: { node: Node | undefined; start: number | undefined } | undefined = this.#step(node, key);
      if (!found) return [undefined, start];
      node = found.node;
      start = found.start ?? start;
    }
    return [node, start];
  }

  #step(
    from: unknown,
    key: string | number,
  ): { node: Node | undefined; start: number | undefined } | undefined {
    const node = isAlias(from) ? from.resolve(this.#origin.yaml) : from;
    if (isSeq(node)) {
      const item = node.items[Number(key)];
      return isNode(item) ? { node: item, start: item.range?.[0] } : undefined;
    }
    if (!isMap(node)) return undefined;
    // The key of a merge is read as a symbol.
    const textOf = (of: unknown) =>
      isScalar(of) ? (typeof of.value === "symbol" ? of.value.description : String(of.value)) : undefined;
    const pair = node.items.find((candidate) => textOf(candidate.key) === String(key));
    if (pair) {
      const start = isNode(pair.key) ? pair.key.range?.[0] : undefined;
      return { node: isNode(pair.value) ? pair.value : undefined, start };
    }
    for (const { key: name, value } of node.items) {
      if (textOf(name) !== "<<") continue;
      for (const merged of isSeq(value) ? value.items : [value]) {
        const found = this.#step(merged, key);
        if (found) return found;
      }
    }
    return undefined;
  }
}
