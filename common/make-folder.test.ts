import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

test("a folder is made with those that it stands in, and once", () => {
  const place = mkdtempSync(join(tmpdir(), "matchday-folder-"));
  try {
    makeFolder(join(place, "a", "b"), 0o700);
    makeFolder(join(place, "a", "b"));
    expect(statSync(join(place, "a", "b")).mode & 0o777).toBe(0o700);
    writeFileSync(join(place, "file"), "");
    expect(() => makeFolder(join(place, "file", "x"))).toThrow(/ENOTDIR/);
  } finally {
    rmSync(place, { recursive: true });
  }
});

// Node's own would not come back.
test.runIf(process.platform === "linux")("where none can be made, that is told at once", () => {
  expect(() => makeFolder("/proc/nowhere/a/b")).toThrow(/ENOENT/);
});
