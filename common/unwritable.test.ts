import { expect, test } from "vitest";
import { remedyOfWriting } from "./unwritable.ts";

test.each([
  ["ENOSPC", "free disk space there; or choose another"],
  ["EROFS", "it is read-only there; or choose another"],
  ["EACCES", "it is not this user's to write there; or choose another"],
  ["EWHATEVER", "choose another"],
])("%s", (code, remedy) => {
  expect(remedyOfWriting(Object.assign(new Error(code), { code }), "choose another")).toBe(remedy);
});

test("what says nothing of itself", () => {
  for (const cause of [undefined, null, "x", new Error("x")])
    expect(remedyOfWriting(cause, "choose another")).toBe("choose another");
});
