import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunFolder } from "./run-folder.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-run-folder-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("latest points to the folder that was made last; one that is there is not made again", () => {
  expect(RunFolder.create(dir, "a")?.path).toBe(join(dir, "a"));
  expect(RunFolder.create(dir, "b")?.path).toBe(join(dir, "b"));
  expect(readlinkSync(join(dir, "latest"))).toBe("b");
  expect(RunFolder.create(dir, "a")).toBeUndefined();
  expect(readdirSync(dir).sort()).toEqual(["a", "b", "latest"]);
});

test("where something else stands in its way, that is said, and nothing is left behind", () => {
  mkdirSync(join(dir, "latest"));
  expect(() => RunFolder.create(dir, "a")).toThrow(
    expect.objectContaining({
      code: "RUN_FOLDER_UNWRITABLE",
      message: expect.stringContaining(`${join(dir, "latest")} cannot be written`),
      hint: expect.stringContaining("a folder stands where a file should: move it away"),
    }),
  );
  expect(readdirSync(dir)).toEqual(["latest"]);
});
