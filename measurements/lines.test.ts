import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linesIn, linesOf } from "./lines.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-lines-"));
  file = join(folder, "lines");
});
afterEach(() => rm(folder, { recursive: true }));

async function read(content: string, mostBytes?: number) {
  await writeFile(file, content);
  return Array.fromAsync(linesOf(file, mostBytes));
}

test.each([
  { content: "", texts: [], cut: false },
  { content: "\n", texts: [""], cut: false },
  { content: "a", texts: ["a"], cut: true },
  { content: "a\n\nb\n", texts: ["a", "", "b"], cut: false },
  { content: "a\r\nb⚽", texts: ["a\r", "b⚽"], cut: true },
])("the lines of $content, as a text and as a file", async ({ content, texts, cut }) => {
  const lines = texts.map((text, index) => ({ text, cut: cut && index === texts.length - 1 }));
  expect([...linesIn(content)]).toEqual(lines);
  for (const mostBytes of [5, undefined]) expect(await read(content, mostBytes)).toEqual(lines);
});

test("a line as long as may be, and a byte more", async () => {
  const mebibyte = 1 << 20;
  for (const end of ["", "\n", "\nb"]) {
    expect((await read(`a\n${"é".repeat(mebibyte)}${end}`, 2 * mebibyte))[1]!.text).toHaveLength(mebibyte);
    const longer = read(`a\n${"é".repeat(mebibyte)}x${end}`, 2 * mebibyte);
    await expect(longer).rejects.toThrow(/^line 2 is longer than 2 MiB$/);
  }
});

test("a file without an end of a line is not read to its end", async () => {
  await writeFile(file, "a\n");
  await truncate(file, 2 ** 40);
  await expect(Array.fromAsync(linesOf(file))).rejects.toThrow("line 2 is longer than 16 MiB");
});
