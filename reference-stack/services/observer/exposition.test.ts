import { expect, test } from "vitest";
import { Exposition, keptMs } from "./exposition.ts";

test("what was said last stays for a minute, and is gone then", () => {
  let nowMs = 0;
  const exposition = new Exposition(() => nowMs);
  expect(exposition.text).toBe("");
  exposition.replace("a 1\n");
  nowMs = 1000;
  exposition.replace("a 2");
  nowMs += keptMs - 1;
  expect(exposition.text).toBe("a 2\n");
  nowMs += 1;
  expect(exposition.text).toBe("");
  exposition.replace("a 3\n");
  expect(exposition.text).toBe("a 3\n");
});

test("a verdict stays until the next run speaks", () => {
  let nowMs = 0;
  const exposition = new Exposition(() => nowMs);
  exposition.replace('a 1\nmatchday_verdict{verdict="pass"} 1\n');
  nowMs += 100 * keptMs;
  expect(exposition.text).toContain("matchday_verdict");
  exposition.replace("a 2\n");
  expect(exposition.text).toBe("a 2\n");
});
