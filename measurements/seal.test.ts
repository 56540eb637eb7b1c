import { execFileSync } from "node:child_process";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { brokenSeals, sealRun } from "./seal.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const facts = async (isSealed = true) => (await brokenSeals(folder, isSealed)).map(({ fact }) => fact);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "matchday-seal-"));
  for (const name of ["plan.json", "journal.jsonl", "history.jsonl", "crowd-0.jsonl", "crowd-0.hlog"]) {
    await writeFile(at(name), `${name}\none line\nanother\n`);
  }
  await sealRun(folder);
});
afterEach(() => rm(folder, { recursive: true }));

test("a run folder is as it was sealed, whatever is made from it", async () => {
  await writeFile(at("verdict.json"), "{}");
  await writeFile(at("spans.jsonl"), "{}\n");
  expect(await brokenSeals(folder, true)).toEqual([]);
});

test("a line less, a value that is another, a file more and one less", async () => {
  await writeFile(at("history.jsonl"), "history.jsonl\none line\n");
  await writeFile(at("journal.jsonl"), (await readFile(at("journal.jsonl"), "utf8")).replace("one", "two"));
  await writeFile(at("crowd-7.jsonl"), "");
  await rename(at("crowd-0.hlog"), at("crowd-0.hlog.old"));
  expect(await facts()).toEqual([
    "crowd-7.jsonl was not there when the run ended",
    "crowd-0.hlog is missing",
    "history.jsonl is not as it was when the run ended: it had 31 bytes, and has 23",
    "journal.jsonl is not as it was when the run ended",
  ]);
  expect(await brokenSeals(folder, true)).toContainEqual(
    expect.objectContaining({ file: "history.jsonl", code: "FILE_CHANGED" }),
  );
});

test("a seal that is gone or cut; a run from before there were seals has none", async () => {
  await appendFile(at("seal.json"), "}");
  expect(await facts()).toEqual(["seal.json is not whole, or of another version"]);
  await rm(at("seal.json"));
  expect(await facts()).toEqual(["seal.json is missing: what ended the run did not close it"]);
  expect(await facts(false)).toEqual([]);
});

test("a seal of what no run is judged from is none", async () => {
  const seal = JSON.parse(await readFile(at("seal.json"), "utf8"));
  execFileSync("mkfifo", [at("pipe")]);
  for (const name of ["pipe", "spans.jsonl", "../journal.jsonl", "."]) {
    const files = { ...seal.files, [name]: { bytes: 0, sha256: "" } };
    await writeFile(at("seal.json"), JSON.stringify({ ...seal, files }));
    expect(await facts(), name).toEqual(["seal.json is not whole, or of another version"]);
  }
});

test("what is no file any more, or one without an end, is not waited for", async () => {
  for (const name of ["plan.json", "journal.jsonl", "history.jsonl", "crowd-0.jsonl"]) await rm(at(name));
  execFileSync("mkfifo", [at("plan.json")]);
  await symlink("/dev/zero", at("journal.jsonl"));
  await mkdir(at("history.jsonl"));
  await symlink(at("none"), at("crowd-0.jsonl"));
  await truncate(at("crowd-0.hlog"), 2 ** 40);
  expect(await facts()).toEqual([
    "crowd-0.hlog is not as it was when the run ended: it had 30 bytes, and has more",
    expect.stringMatching(/^crowd-0.jsonl is not as it was when the run ended: ENOENT/),
    "history.jsonl is not as it was when the run ended: it is a folder, and not a file",
    "journal.jsonl is not as it was when the run ended: it is a device, and not a file",
    "plan.json is not as it was when the run ended: it is a pipe, and not a file",
  ]);
});
