import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JournalEntry, SpanRecord } from "../common/records.ts";
import { VirtualClock } from "../common/virtual-clock.ts";
import { RunFolder } from "./run-folder.ts";
import { SpanCollector } from "./spans.ts";

const startAtUs = 1_795_000_000_000_000;

let place: string;
let folder: RunFolder;
let clock: VirtualClock;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "matchday-spans-"));
  folder = RunFolder.create(place, "run")!;
  clock = new VirtualClock(startAtUs - 250_000);
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(place, { recursive: true, force: true });
});

const span = (name: string, part = "scores"): SpanRecord => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  ...{ name, part, kind: "internal", startUs: startAtUs, endUs: startAtUs + 10, attributes: {} },
});

/** A stack that hands out these, one list a call, and then nothing. */
const stackWith = (answers: SpanRecord[][], otlpUrl?: string) => ({
  spans: vi.fn(async () => answers.shift() ?? []),
  ...(otlpUrl !== undefined && { otlpUrl }),
});

const collector = (stack: ReturnType<typeof stackWith>, more: { mostSpans?: number } = {}) =>
  new SpanCollector({ folder, stack, startAtUs, generators: 2, clock, ...more });

const names = () =>
  readFileSync(folder.file("spans.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as SpanRecord).name);

const leave = (generator: number, ...spans: SpanRecord[]) =>
  writeFileSync(
    folder.file(`spans-${generator}.jsonl`),
    spans.map((one) => `${JSON.stringify(one)}\n`).join(""),
  );

const told = () => folder.appended<JournalEntry>("journal.jsonl");

test("asks each second, and a last time at the end", async () => {
  const stack = stackWith([[span("say goal")], [], [span("take"), span("redis publish")], [span("receive")]]);
  const spans = collector(stack);
  const onError = vi.fn();
  spans.start(onError);
  await clock.advance(2300);
  expect(stack.spans).toHaveBeenCalledTimes(3);
  expect(names()).toEqual(["say goal", "take", "redis publish"]);
  await spans.stop();
  await spans.stop();
  expect(stack.spans).toHaveBeenCalledTimes(4);
  expect(names()).toEqual(["say goal", "take", "redis publish", "receive"]);
  expect(folder.appended("spans.jsonl")).toEqual([]);
  expect(onError).not.toHaveBeenCalled();
  expect(clock.sleeping).toBe(0);
});

test("merges what the generators leave, without a line that a crash has cut", async () => {
  leave(0, span("open stream", "crowd-0"));
  leave(1, span("resume stream", "crowd-1"));
  writeFileSync(folder.file("spans-1.jsonl"), '{"traceId":"0af76519', { flag: "a" });
  await collector(stackWith([[span("take")]])).stop();
  expect(names()).toEqual(["take", "open stream", "resume stream"]);
  expect(existsSync(folder.file("spans-0.jsonl"))).toBe(false);
  expect(existsSync(folder.file("spans-1.jsonl"))).toBe(false);
});

test("a run without spans has no file", async () => {
  await collector(stackWith([])).stop();
  expect(existsSync(folder.file("spans.jsonl"))).toBe(false);
});

test("keeps no more than it is told to, of the stack and of each generator, and says so", async () => {
  leave(0, span("open stream 1"), span("open stream 2"));
  leave(1, span("open stream 3"));
  const spans = collector(stackWith([[span("a"), span("b"), span("c")]]), { mostSpans: 2 });
  await spans.stop();
  expect(names()).toEqual(["a", "b", "open stream 1", "open stream 3"]);
  expect(told()).toMatchObject([
    { type: "error", code: "SPANS_NOT_KEPT", fact: expect.stringMatching(/^2 spans /) },
  ]);
});

test("hands the crowd's, and no others, to the receiver of spans", async () => {
  const fetched = vi.fn(async (_url: URL, _request: { body: string }) => new Response("{}"));
  vi.stubGlobal("fetch", fetched);
  leave(0, span("open stream", "crowd-0"));
  await collector(stackWith([[span("take")]], "http://127.0.0.1:4318")).stop();
  expect(fetched).toHaveBeenCalledTimes(1);
  const [url, { body }] = fetched.mock.calls[0]!;
  expect(url.href).toBe("http://127.0.0.1:4318/v1/traces");
  expect(body).toContain("open stream");
  expect(body).not.toContain("take");
  expect(told()).toEqual([]);
});

test.each([
  ["is not there", async () => Promise.reject(new TypeError("fetch failed")), /fetch failed/],
  ["refuses", async () => new Response("no", { status: 503 }), /answered 503/],
])("a receiver that %s is told of once, and fails nothing", async (_, answer, fact) => {
  const fetched = vi.fn(answer);
  vi.stubGlobal("fetch", fetched);
  leave(0, span("open stream", "crowd-0"));
  leave(1, span("resume stream", "crowd-1"));
  await collector(stackWith([], "http://127.0.0.1:4318")).stop();
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(names()).toEqual(["open stream", "resume stream"]);
  expect(told()).toMatchObject([{ code: "SPANS_NOT_TAKEN", fact: expect.stringMatching(fact) }]);
});

test("a run folder that cannot be written is an error of the run", async () => {
  rmSync(folder.path, { recursive: true });
  const spans = collector(stackWith([[span("take")], [span("receive")]]));
  const onError = vi.fn();
  spans.start(onError);
  await clock.advance(300);
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: "RUN_FOLDER_UNWRITABLE" }));
  await expect(spans.stop()).rejects.toMatchObject({ code: "RUN_FOLDER_UNWRITABLE" });
});
