import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readHistory } from "./history.ts";
import { readRun } from "./read-run.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-history-"));
});
afterEach(() => rm(folder, { recursive: true }));

const line = (client: number, values?: Record<string, unknown>) =>
  `${JSON.stringify({ client, step: "hold", type: "ok", atUs: 1, ...(values ? { values } : {}) })}\n`;

async function read(text: string) {
  const path = join(folder, "history.jsonl");
  await writeFile(path, text);
  return readHistory(path, "history.jsonl");
}

test("keeps of each client's values what it has not said before", async () => {
  const { entries, problems } = await read(
    [
      line(1, { ticket: "t1", seats: ["a-1-1"] }),
      line(2, { ticket: "t1" }),
      line(1, { ticket: "t1", seats: ["a-1-1"], hold: "h" }),
      line(1, { ticket: "t1", seats: ["a-1-2"], hold: "h" }),
      line(1, { ticket: "t1", seats: ["a-1-2"], hold: "h" }),
      line(3),
    ].join(""),
  );
  expect(problems).toEqual([]);
  expect(entries.map(({ values }) => values)).toEqual([
    { ticket: "t1", seats: ["a-1-1"] },
    { ticket: "t1" },
    { hold: "h" },
    { seats: ["a-1-2"] },
    undefined,
    undefined,
  ]);
});

test("a line that is none, and a cut last one, are told and left out", async () => {
  const { entries, problems } = await read(`${line(1)}nonsense\n\n${line(2)}{"client":3,"st`);
  expect(entries.map(({ client }) => client)).toEqual([1, 2]);
  expect(problems).toEqual([
    { code: "LINE_UNREADABLE", fact: "history.jsonl has no JSON object in line 2" },
    { code: "LINE_CUT", fact: "history.jsonl ends in the middle of line 5" },
  ]);
});

test("lines longer than a piece of the file, and characters across pieces, are whole", async () => {
  const text = "é".repeat(1_500_001);
  const { entries, problems } = await read(line(1, { text }) + line(2, { text: "ü" }));
  expect(problems).toEqual([]);
  expect(entries.map(({ values }) => (values!.text as string).length)).toEqual([1_500_001, 1]);
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);

test("a run with journeys and a presale owes both files, or the parts of the first", async () => {
  await write("plan.json", JSON.stringify({ generators: 0, crowd: { journeys: [] }, presale: {} }));
  await write("journal.jsonl", "");
  await write("published.jsonl", "");
  expect((await readRun(folder)).damage).toEqual([
    { file: "history.jsonl", code: "FILE_MISSING", fact: "history.jsonl is missing" },
    { file: "audit.jsonl", code: "FILE_MISSING", fact: "audit.jsonl is missing" },
  ]);
  await write("history-0.jsonl", line(0));
  await write("history-1.jsonl", line(1));
  await write("audit.jsonl", '{"type":"section","section":"a","free":1,"seats":1}\n');
  const record = await readRun(folder);
  expect(record.damage).toEqual([]);
  expect(record.history!.map(({ client }) => client)).toEqual([0, 1]);
  expect(record.audit).toHaveLength(1);
  await write("history.jsonl", line(7));
  expect((await readRun(folder)).history!.map(({ client }) => client)).toEqual([7]);
});

test("a line of which there is no end is told with its number", async () => {
  await write("plan.json", JSON.stringify({ generators: 0, crowd: { journeys: [] } }));
  await write("journal.jsonl", "");
  await write("published.jsonl", "");
  await write("history.jsonl", line(1));
  await truncate(join(folder, "history.jsonl"), 2 ** 40);
  await expect(readRun(folder)).rejects.toMatchObject({
    code: "RUN_UNREADABLE",
    message: expect.stringContaining("history.jsonl cannot be read: line 2 is longer than 16 MiB"),
  });
});

test("of more lines that do not fit than a thousand, the rest is not read", async () => {
  const { entries, problems } = await read(`${line(1)}${"{}\n".repeat(1000)}${line(2)}{}\n${line(3)}`);
  expect(entries.map(({ client }) => client)).toEqual([1, 2]);
  expect(problems.at(-1)).toEqual({
    code: "LINES_INVALID",
    fact: "history.jsonl has more than 1,000 lines that do not fit: the rest is not read",
  });
});
