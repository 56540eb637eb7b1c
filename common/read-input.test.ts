import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mostWrittenBytes, readInput } from "./read-input.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "matchday-input-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test("a file is read, by a link too", () => {
  const path = file("plain.yaml", "\ufefftitle: x ⚽\n");
  symlinkSync(path, join(folder, "link.yaml"));
  expect(readInput(path)).toBe("title: x ⚽\n");
  expect(readInput(join(folder, "link.yaml"))).toBe("title: x ⚽\n");
  expect(readInput(file("empty", ""))).toBe("");
});

test("as large as may be, and a byte more", () => {
  expect(readInput(file("most", "x".repeat(mostWrittenBytes)))).toHaveLength(mostWrittenBytes);
  expect(() => readInput(file("more", "x".repeat(mostWrittenBytes + 1)))).toThrow(
    "it is larger than 128 KiB",
  );
});

test("what is not a file is told, at once", () => {
  mkdirSync(join(folder, "sub"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "zero"));
  symlinkSync(join(folder, "loop"), join(folder, "loop"));
  const refusals: Record<string, RegExp> = {
    sub: /^it is a folder, and not a file$/,
    pipe: /^it is a pipe, and not a file$/,
    zero: /^it is a device, and not a file$/,
    loop: /ELOOP/,
    missing: /ENOENT/,
  };
  for (const [name, message] of Object.entries(refusals))
    expect(() => readInput(join(folder, name)), name).toThrow(message);
  expect(() => readInput("a\0b")).toThrow(/null bytes/);
});

test.runIf(process.platform === "linux")("files of /proc end at the limit, or do not hold anybody up", () => {
  expect(() => readInput("/proc/self/mem")).toThrow();
  expect(() => readInput("/proc/kallsyms", { mostBytes: 1000 })).toThrow("it is larger than");
  // Reading it waits for the next message of the kernel, unless it is opened not to; and not everybody may.
  try {
    readInput("/proc/kmsg", { mostBytes: 10 });
  } catch (error) {
    expect((error as Error).message).toMatch(/EAGAIN|EPERM|EACCES|larger/);
  }
});

test("text that is no UTF-8 is told where people wrote it, and read where a crash has cut it", () => {
  const path = file("cut", Buffer.from("goal ⚽").subarray(0, -1));
  expect(() => readInput(path)).toThrow("it is no text in UTF-8");
  expect(readInput(path, { strict: false })).toBe("goal \ufffd");
});
