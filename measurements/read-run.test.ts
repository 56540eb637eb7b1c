import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyHistogram, encodeHistogram } from "./histograms.ts";
import { readRun } from "./read-run.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, ...entries: object[]) =>
  writeFile(join(folder, name), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));

async function writeWholeRun(): Promise<void> {
  const histogram = emptyHistogram();
  histogram.recordValue(40_000);
  await write("plan.json", { version: 1, generators: 1, startAtUs: 1_795_000_000_000_000 });
  await write(
    "journal.jsonl",
    { atUs: 1, type: "run", state: "started" },
    { atUs: 2, type: "run", state: "ended" },
  );
  await write("published.jsonl", { stream: "s", seq: 1 });
  await write("stack.jsonl", { atMs: 0, part: "edge-1", kind: "edge", up: true });
  await write("anomalies.jsonl", { kind: "lost", client: 1, stream: "s", seq: 1, atMs: 5 });
  await write(
    "crowd-0.jsonl",
    { index: 1, generator: 0 },
    { index: 0, generator: 0 },
    { final: { generator: 0 } },
  );
  await writeFile(
    join(folder, "crowd-0.hlog"),
    `Tag=connect@arrive,0.000,1.000,40.0,${encodeHistogram(histogram)}\n`,
  );
}

test("a whole run folder", async () => {
  await writeWholeRun();
  const record = await readRun(folder);
  expect(record.damage).toEqual([]);
  expect(record.journal).toHaveLength(2);
  expect(record.published).toHaveLength(1);
  expect(record.stack).toHaveLength(1);
  expect(record.anomalies).toHaveLength(1);
  expect(record.spans).toEqual([]);
  const [generator] = record.generators;
  expect(generator!.intervals.map(({ index }) => index)).toEqual([0, 1]);
  expect(generator!.final).toEqual({ generator: 0 });
  expect(generator!.hlog[0]).toMatchObject({ key: "connect@arrive", fromMs: 0, toMs: 1000 });
});

test("spans explain, and are not judged: a cut line of theirs is no damage", async () => {
  await writeWholeRun();
  const span = { traceId: "t", spanId: "s", name: "take", part: "scores", startUs: 1, endUs: 2 };
  await write("spans.jsonl", span);
  await appendFile(join(folder, "spans.jsonl"), '{"traceId":"t","sp');
  const { spans, damage } = await readRun(folder);
  expect(spans).toEqual([{ ...span, attributes: {} }]);
  expect(damage).toEqual([]);
});

test("what a crash leaves: cut lines are left out, and told", async () => {
  await writeWholeRun();
  await appendFile(join(folder, "published.jsonl"), '{"stream":"s","se');
  await appendFile(join(folder, "crowd-0.hlog"), "Tag=connect@arrive,1.000,1.000,40.0,HISTFAAA");
  await truncate(join(folder, "crowd-0.jsonl"), 30);
  const record = await readRun(folder);
  expect(record.published).toHaveLength(1);
  expect(record.generators[0]!.hlog).toHaveLength(1);
  expect(record.generators[0]!.final).toBeUndefined();
  expect(record.damage!.map(({ code, fact }) => `${code} ${fact}`).sort()).toEqual([
    "LINE_CUT crowd-0.jsonl ends in the middle of line 2",
    "LINE_CUT published.jsonl ends in the middle of line 2",
    "LINE_UNREADABLE crowd-0.hlog has no whole histogram in line 2",
  ]);
});

test("garbage in the middle is told with its line", async () => {
  await writeWholeRun();
  await writeFile(join(folder, "journal.jsonl"), '{"type":"run"}\nnot json\n{"type":"run"}\n');
  const record = await readRun(folder);
  expect(record.journal).toHaveLength(2);
  expect(record.damage).toEqual([
    { code: "LINE_UNREADABLE", fact: "journal.jsonl has no JSON object in line 2" },
  ]);
});

test("a generator that left nothing is there, empty, and its files are missed", async () => {
  await write("plan.json", { version: 1, generators: 2 });
  const record = await readRun(folder);
  expect(record.generators).toEqual([
    { generator: 0, intervals: [], hlog: [], final: undefined },
    { generator: 1, intervals: [], hlog: [], final: undefined },
  ]);
  expect(record.damage!.map(({ fact }) => fact)).toEqual(
    expect.arrayContaining([
      "crowd-0.jsonl is missing",
      "crowd-1.hlog is missing",
      "published.jsonl is missing",
    ]),
  );
});

test("what is no run folder, and what never began", async () => {
  await expect(readRun(join(folder, "no-such"))).rejects.toMatchObject({
    code: "RUN_NOT_FOUND",
    exitCode: 64,
  });
  await expect(readRun(folder)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await writeFile(join(folder, "plan.json"), '{"version":');
  await expect(readRun(folder)).rejects.toMatchObject({ code: "RUN_INCOMPLETE", exitCode: 2 });
});
