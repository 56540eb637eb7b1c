import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { thisProcess } from "./labels.ts";
import { leftoverContainerStacks } from "./leftovers.ts";
import {
  forgetStackRecord,
  putStrangeRecordsAside,
  saveStackRecord,
  stackRecords,
  strangeRecords,
} from "./stack-records.ts";

/** Before the modules above are read: they ask the environment once. */
const state = vi.hoisted(() => {
  const dir = `${process.env.TMPDIR ?? "/tmp"}/matchday-stack-records-${process.pid}`;
  process.env.MATCHDAY_STATE = dir;
  return dir;
});
const dir = join(state, "stacks");
beforeEach(() => {
  rmSync(state, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

const gone = { pid: 4_194_304, startTime: "1", host: thisProcess().host };

test("a record is read back, and is all that is written", () => {
  const record = { id: "one", owner: thisProcess(), key: "secret", kept: false };
  saveStackRecord(record);
  expect(stackRecords()).toEqual([record]);
  expect(readdirSync(dir)).toEqual(["one.json"]);
  expect(readdirSync(join(state, "scratch"))).toEqual([]);
  forgetStackRecord("one");
  expect(stackRecords()).toEqual([]);
});

test("one of an earlier version, without a key, is still known", () => {
  writeFileSync(join(dir, "old.json"), JSON.stringify({ id: "old", owner: gone, kept: false }));
  expect(leftoverContainerStacks()).toEqual(["old"]);
  expect(strangeRecords()).toEqual([]);
});

test.each([
  ["JSON of another shape", "{}"],
  ["an owner that is none", '{"id":"x","owner":null,"key":"","kept":false}'],
  ["a list", "[]"],
  ["null", "null"],
  ["no JSON", "not JSON"],
  ["nothing", ""],
])("what is no record stops nobody, and is put aside: %s", (_, text) => {
  const file = join(dir, "strange.json");
  writeFileSync(file, text);
  saveStackRecord({ id: "left", owner: gone, key: "secret", kept: false });
  expect(leftoverContainerStacks()).toEqual(["left"]);
  expect(strangeRecords()).toEqual([file]);
  expect(putStrangeRecordsAside()).toEqual([
    expect.stringContaining(join(state, "quarantine", "strange.json")),
  ]);
  expect(readdirSync(dir)).toEqual(["left.json"]);
});

test("a folder and a pipe among the records are put aside too", () => {
  mkdirSync(join(dir, "folder.json"));
  execFileSync("mkfifo", [join(dir, "pipe.json")]);
  expect(putStrangeRecordsAside()).toHaveLength(2);
  expect(readdirSync(dir)).toEqual([]);
});
