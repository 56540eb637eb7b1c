import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyHistogram, encodeHistogram } from "./histograms.ts";
import { readRun } from "./read-run.ts";
import { noCounters } from "./testing/counters.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

const published = {
  ...{ stream: "s", seq: 1, class: "goal", event: { type: "STATUS", factId: "status", version: 1 } },
  ...{ sourceAtUs: 1_795_000_000_000_000, publishedAtUs: 1_795_000_000_000_100 },
};
const interval = (index: number) => ({
  ...{ generator: 0, index, fromMs: index * 1000, toMs: index * 1000 + 1000, phase: "arrive" },
  ...{ counters: noCounters(), self: { cpuUs: 1, rssBytes: 1 } },
});
const final = {
  ...{ generator: 0, planned: 1, connected: 1, failed: 0, skipped: 0, openWithinMs: 1 },
  ...{ counters: noCounters(), errors: {}, streams: {} },
  ...{ timestamps: { kernel: 1, reader: 0 }, clock: { offsetUs: 0, errorUs: 1 } },
};

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
  await write("published.jsonl", published);
  await write("stack.jsonl", { atMs: 0, part: "edge-1", kind: "edge", up: true });
  await write("anomalies.jsonl", { kind: "lost", client: 1, stream: "s", seq: 1, atMs: 5 });
  await write("crowd-0.jsonl", interval(1), interval(0), { final });
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
  expect(generator!.final).toEqual(final);
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
  await truncate(join(folder, "crowd-0.jsonl"), JSON.stringify(interval(1)).length + 30);
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
  const line = JSON.stringify({ atUs: 1, type: "run", state: "ended" });
  await writeFile(join(folder, "journal.jsonl"), `${line}\nnot json\n${line}\n`);
  const record = await readRun(folder);
  expect(record.journal).toHaveLength(2);
  expect(record.damage).toEqual([
    {
      file: "journal.jsonl",
      code: "LINE_UNREADABLE",
      fact: "journal.jsonl has no JSON object in line 2",
    },
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

test.each<[string, object, string]>([
  ["published.jsonl", { ...published, seq: "1" }, "seq: "],
  ["published.jsonl", { ...published, publishedAtUs: null }, "publishedAtUs: "],
  ["journal.jsonl", { atUs: 1, type: "run", state: "well" }, "state: "],
  ["journal.jsonl", { atUs: 1, type: "news" }, "type: "],
  ["journal.jsonl", { type: "phase", phase: "fault" }, "atUs: "],
  ["journal.jsonl", [], ""],
  ["stack.jsonl", { atMs: 0, part: "edge-1", kind: "edge", up: "yes" }, "up: "],
  ["anomalies.jsonl", { kind: "odd", client: 1, stream: "s", seq: 1, atMs: 1 }, "kind: "],
  ["crowd-0.jsonl", { ...interval(2), index: -1 }, ""],
  ["crowd-0.jsonl", { ...interval(2), counters: { ...noCounters(), events: "many" } }, ""],
  ["crowd-0.jsonl", { final: { ...final, streams: { s: { cohorts: {} } } } }, ""],
])(
  "a line of %s that does not fit (%j) is left out, and told with its number",
  async (name, line, problem) => {
    await writeWholeRun();
    const before = (await readFile(join(folder, name), "utf8")).split("\n").length;
    await appendFile(join(folder, name), `${JSON.stringify(line)}\n`);
    const { damage } = await readRun(folder);
    expect(damage).toHaveLength(1);
    expect(damage![0]).toMatchObject({ code: "LINE_INVALID" });
    expect(damage![0]!.fact).toContain(`${name}, line ${before}: ${problem}`);
  },
);

test("of many lines that do not fit, the first are told, and how many more", async () => {
  await writeWholeRun();
  await appendFile(join(folder, "stack.jsonl"), "{}\n".repeat(1000));
  const { damage } = await readRun(folder);
  expect(damage).toHaveLength(6);
  expect(damage!.at(-1)!.fact).toBe("stack.jsonl has 995 more lines that do not fit");
});

test.each(["{}\n", "nonsense\n", "\n"])(
  "of more lines than a thousand that do not fit (%j), the rest is not read, and that is told",
  async (line) => {
    await writeWholeRun();
    const entry = JSON.stringify({ atMs: 0, part: "edge-1", kind: "edge", up: true });
    await appendFile(join(folder, "stack.jsonl"), `${line.repeat(1000)}${entry}\n${line}${entry}\n`);
    const { stack, damage } = await readRun(folder);
    expect(stack).toHaveLength(2);
    expect(damage!.at(-1)).toEqual({
      file: "stack.jsonl",
      code: "LINES_INVALID",
      fact: "stack.jsonl has more than 1,000 lines that do not fit: the rest is not read",
    });
  },
);

test("of more lines of a log than a thousand that are no histogram, too", async () => {
  await writeWholeRun();
  const name = "crowd-0.hlog";
  const log = await readFile(join(folder, name), "utf8");
  await writeFile(join(folder, name), `${"nonsense\n".repeat(1000)}${log}#\n${log}`);
  const { generators, damage } = await readRun(folder);
  expect(generators[0]!.hlog).toHaveLength(1);
  expect(damage).toEqual([
    {
      file: name,
      code: "LINE_UNREADABLE",
      fact: `${name} has no whole histogram in line 1, 2, 3, 4, 5 and 995 more`,
    },
    {
      file: name,
      code: "LINES_INVALID",
      fact: `${name} has too many lines that are no histogram: the rest is not read`,
    },
  ]);
});
