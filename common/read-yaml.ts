import {
  type Document,
  isCollection,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLError,
} from "yaml";
import { messageOf } from "./errors.ts";

/** Of scalars, lists and mappings in one file, keys among them: the largest built-in file has some hundred. */
const mostNodes = 10_000;
/** Of one file: who has made more mistakes has made one many times. */
const mostMistakes = 20;

export interface YamlMistake {
  /** `syntax`: it is no YAML that can be read; `content`: it is, and says what cannot be meant. */
  kind: "syntax" | "content";
  /** In the text, from 0. */
  offset: number;
  fact: string;
  remedy: string;
}

export interface YamlDocument {
  yaml: Document.Parsed<ParsedNode>;
  value: unknown;
}

/**
 * Reads what people write in YAML, with anchors and merge keys. Text that would fill memory or take minutes (aliases of
 * aliases, depth without end) is a mistake like any other.
 * @returns the documents without a mistake, and the mistakes of the others
 */
export function readYaml(text: string): {
  documents: YamlDocument[];
  mistakes: YamlMistake[];
  /** The line of an offset, from 1. */
  lineAt(offset: number): number;
} {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: "error",
  });
  const documents: YamlDocument[] = [];
  const mistakes: YamlMistake[] = [];
  let left = mostNodes;
  for (const yaml of parsed as Document.Parsed<ParsedNode>[]) {
    if (mistakes.length >= mostMistakes) break;
    const content = contentOf(yaml, left);
    if ("value" in content) {
      left -= content.nodes;
      if (yaml.contents !== null) documents.push({ yaml, value: content.value });
    } else mistakes.push(...content.mistakes);
  }
  return { documents, mistakes: mistakes.slice(0, mostMistakes), lineAt };
}

function contentOf(
  yaml: Document.Parsed<ParsedNode>,
  mostOfIt: number,
): { value: unknown; nodes: number } | { mistakes: YamlMistake[] } {
  // A warning is a tag that nobody resolves: what stands behind it is not what is read.
  const broken = [...yaml.errors, ...yaml.warnings];
  if (broken.length > 0) return { mistakes: syntaxMistakes(broken) };
  const start = yaml.contents?.range?.[0] ?? 0;
  const content = (fact: string, remedy: string) => ({
    mistakes: [{ kind: "content" as const, offset: start, fact, remedy }],
  });
  try {
    const { nodes, mistakes } = lookThrough(yaml, mostOfIt);
    if (nodes > mostOfIt)
      return content(`it holds more than ${mostNodes} entries`, "split it, or leave some out");
    if (mistakes.length > 0) return { mistakes };
    return { value: yaml.toJS(), nodes };
  } catch (error) {
    const message = messageOf(error);
    return isTooDeep(message)
      ? content("it is nested too deeply", "write it flat")
      : content(message, "write out what the aliases stand for");
  }
}

function syntaxMistakes(errors: readonly YAMLError[]): YamlMistake[] {
  return errors.slice(0, mostMistakes).map(({ pos, message }) => ({
    kind: "syntax",
    offset: pos[0],
    fact: isTooDeep(message) ? "it is nested too deeply" : message.split("\n")[0]!,
    remedy: "correct the YAML there",
  }));
}

const isTooDeep = (message: string) => /call stack|stack overflow/i.test(message);

const mistake = (
  node: { range?: ParsedNode["range"] | null | undefined },
  fact: string,
  remedy: string,
): YamlMistake => ({
  kind: "content",
  offset: node.range?.[0] ?? 0,
  fact,
  remedy,
});

/**
 * How much there is, aliases of what is not there (yet), and keys that would be read as some text: one walk, where asking
 * each alias would walk again.
 */
function lookThrough(
  yaml: Document.Parsed<ParsedNode>,
  most: number,
): { nodes: number; mistakes: YamlMistake[] } {
  const anchors = new Set<string>();
  const mistakes: YamlMistake[] = [];
  let nodes = 0;
  visit(yaml, {
    Pair(_, { key }) {
      if (isCollection(key))
        mistakes.push(mistake(key, "a key is a list or a mapping", "write keys as plain text"));
    },
    Node(_, node) {
      nodes++;
      if (nodes > most) return visit.BREAK;
      if ("anchor" in node && node.anchor !== undefined) anchors.add(node.anchor);
      return undefined;
    },
    Alias(_, { source, range }) {
      nodes++;
      if (nodes > most) return visit.BREAK;
      if (!anchors.has(source)) {
        mistakes.push(mistake({ range }, `there is no anchor "${source}" before this`, "set it first"));
      }
      return undefined;
    },
  });
  return { nodes, mistakes };
}
