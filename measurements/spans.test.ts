import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSpans } from "./spans.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-spans-"));
  file = join(folder, "spans.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const span = (spanId: string, more: object = {}) => ({
  ...{ traceId: "t", spanId, name: "take", kind: "internal", part: "scores", startUs: 1, endUs: 2 },
  attributes: {},
  ...more,
});
const write = (...lines: (object | string)[]) =>
  writeFile(file, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));

test("a cut last line, and what is no span, are left out", async () => {
  await write(
    span("a"),
    { spanId: "b", traceId: "t" },
    "no json",
    "[1]",
    "",
    span("c", { endUs: null }),
    span("d", { attributes: undefined }),
    '{"traceId":"t","spa',
  );
  const spans = await readSpans(file);
  expect(spans.map(({ spanId }) => spanId)).toEqual(["a", "d"]);
  expect(spans[1]!.attributes).toEqual({});
});

test("no more are read than there is room for", async () => {
  await write(...Array.from({ length: 50 }, (_, index) => span(String(index))));
  expect(await readSpans(file, 20)).toHaveLength(20);
});

test("a file that is not there is an error", async () => {
  await expect(readSpans(join(folder, "none"))).rejects.toThrow(/ENOENT/);
});

test("what stands behind a line of which there is no end is left out", async () => {
  await write(span("a"), "");
  await truncate(file, 2 ** 40);
  expect((await readSpans(file)).map(({ spanId }) => spanId)).toEqual(["a"]);
});

test("what stands behind a thousand lines that are none is left out", async () => {
  await write(span("a"), ...Array(1000).fill("{}"), span("b"), "", span("c"));
  expect((await readSpans(file)).map(({ spanId }) => spanId)).toEqual(["a", "b"]);
});
