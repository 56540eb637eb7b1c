import { expect, test } from "vitest";
import { MatchdayError } from "./errors.ts";
import { refusedBySystem, remedyOf, writeRemedyOf } from "./system-errors.ts";

const failed = (code: string, message: string) => Object.assign(new Error(`${code}: ${message}`), { code });

test.each([
  ["ENOSPC", "no space left on device, write", "free disk space there"],
  ["EDQUOT", "disk quota exceeded, write", "free some of your disk quota there"],
  ["EROFS", "read-only file system, mkdir '/x'", "the file system there is read-only: mount it for writing"],
  ["EACCES", "permission denied, open '/x'", "see that this user has the right to it"],
  ["EMFILE", "too many open files, open '/x'", "raise the limit of open files (ulimit -n)"],
  ["ENFILE", "file table overflow, open '/x'", "raise the machine's limit of open files (fs.file-max)"],
])("%s: what helps is what it lacks, told once and in another error", (code, message, remedy) => {
  const error = failed(code, message);
  expect(remedyOf(error)).toBe(remedy);
  expect(remedyOf(new Error("it cannot be written", { cause: error }))).toBe(remedy);
  expect(refusedBySystem(error)).toMatchObject({
    code: "SYSTEM_REFUSED",
    exitCode: 70,
    message: expect.stringContaining(message),
    hint: remedy,
  });
});

test.each([
  ["cp: cannot create directory '/x': Read-only file system", /read-only/],
  ["initdb: error: could not create directory: No space left on device", /free disk space/],
  ["accept: too many open files in system", /fs\.file-max/],
  ["accept: too many open files", /ulimit -n/],
])("what a program said before it ended: %s", (said, remedy) => {
  expect(remedyOf(new Error(said))).toMatch(remedy);
});

test("a defect of ours is no refusal of the system's", () => {
  for (const error of [
    new TypeError("x is not a function"),
    failed("ERR_INVALID_ARG_TYPE", "no string"),
    7,
  ]) {
    expect(refusedBySystem(error)).toBeUndefined();
    expect(writeRemedyOf(error)).toBe("see that it can be written");
  }
  expect(
    refusedBySystem(new MatchdayError("STACK_DIED", "said: permission denied", { hint: "run again" })),
  ).toBeUndefined();
});
