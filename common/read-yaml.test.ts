import { expect, test } from "vitest";
import { readYaml } from "./read-yaml.ts";

const letters = [..."abcdefgh"];

/** Ten of ten of ten … */
const bomb = letters
  .map((name, index) => {
    const inner = index === 0 ? "x" : `*${letters[index - 1]}`;
    return `${name}: &${name} [${Array(10).fill(inner).join(", ")}]`;
  })
  .join("\n");

test("documents are read, with anchors and merge keys", () => {
  const { documents, mistakes } = readYaml("a: &a {k: 1}\nb: {<<: *a, l: 2}\n---\n- 7\n");
  expect(mistakes).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([{ a: { k: 1 }, b: { k: 1, l: 2 } }, [7]]);
});

test.each([
  ["aliases of aliases", bomb, /Excessive alias count/, "write out what the aliases stand for"],
  ["lists in lists", "[".repeat(50_000), /nested too deeply/, "correct the YAML there"],
  ["lists in lists that are closed", "[".repeat(9000) + "]".repeat(9000), /nested too deeply/, ""],
  ["very many entries", "- 1\n".repeat(20_000), /more than 10000 entries/, "split it"],
  ["an anchor that is not there", "x: *a\ny: &a 1", /no anchor "a" before this/, "set it first"],
  ["a list as a key", "? [a, b]\n: 1", /a key is a list or a mapping/, "plain text"],
  ["a list in itself", "&a [*a]", /./, ""],
])("%s: a mistake like any other, at once", (_, text, fact, remedy) => {
  const begunAt = performance.now();
  const { documents, mistakes, lineAt } = readYaml(text);
  expect(performance.now() - begunAt).toBeLessThan(5000);
  if (documents.length > 0) return;
  expect(mistakes[0]!.fact).toMatch(fact);
  expect(mistakes[0]!.remedy).toContain(remedy);
  expect(lineAt(mistakes[0]!.offset)).toBeGreaterThan(0);
});

test.each(["%\n", "!x ", '"', "a: 1\n", "- *a\n", "---\n", "\t"])(
  "%j over and over: no more than twenty mistakes, in no time",
  (text) => {
    const begunAt = performance.now();
    const { mistakes } = readYaml(text.repeat(40_000 / text.length));
    expect(mistakes.length).toBeLessThanOrEqual(20);
    expect(performance.now() - begunAt).toBeLessThan(5000);
  },
);

test("the mistake of one document leaves the others be", () => {
  const { documents, mistakes, lineAt } = readYaml("a: 1\n---\nb: *no\n---\nc: 3\n");
  expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }]);
  expect(mistakes.map(({ offset }) => lineAt(offset))).toEqual([3]);
});
