import { describe, expect, test } from "vitest";
import { fuzzedWell, goCounts, lineOf, sum, vitestCounts, withTheUnsaid } from "./counts.js";

const goEvents = (/** @type {[string, string, string?][]} */ ...events) =>
  goCounts(events.map(([Action, Package, Test]) => ({ Action, Package, ...(Test && { Test }) })));

describe("Go's events", () => {
  test("are counted by test, not by package", () => {
    expect(
      goEvents(
        ["run", "a", "TestOne"],
        ["pass", "a", "TestOne"],
        ["skip", "a", "TestTwo"],
        ["fail", "a", "TestThree"],
        ["fail", "a"],
      ),
    ).toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  test("count subtests instead of the test around them", () => {
    expect(
      goEvents(
        ["pass", "a", "TestOne/x/deep"],
        ["pass", "a", "TestOne/x"],
        ["fail", "a", "TestOne/y"],
        ["fail", "a", "TestOne"],
        ["pass", "b", "TestOne"],
      ),
    ).toEqual({ passed: 2, failed: 1, skipped: 0 });
  });

  test("count a package that does not compile as one that failed", () => {
    expect(goEvents(["pass", "a", "TestOne"], ["fail", "b"], ["skip", "c"])).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});

describe("Vitest's report", () => {
  const report = (/** @type {[string, string[]][]} */ ...files) =>
    vitestCounts(
      JSON.stringify({
        testResults: files.map(([status, tests]) => ({
          status,
          assertionResults: tests.map((status) => ({ status })),
        })),
      }),
    );

  test("is counted by test", () => {
    expect(
      report(["passed", ["passed", "pending", "todo"]], ["failed", ["passed", "failed", "failed"]]),
    ).toEqual({
      passed: 2,
      failed: 2,
      skipped: 2,
    });
  });

  test("counts a file that cannot be loaded as one that failed", () => {
    expect(report(["failed", []], ["passed", ["passed"]])).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });
});

test("a suite that ran nothing, or ended badly without a word, has failed", () => {
  const of = (passed = 0, failed = 0, skipped = 0) => ({ passed, failed, skipped });
  expect(withTheUnsaid(of(), true)).toEqual(of(0, 1));
  expect(withTheUnsaid(of(0, 0, 5), true)).toEqual(of(0, 1, 5));
  expect(withTheUnsaid(of(3), false)).toEqual(of(3, 1));
  expect(withTheUnsaid(of(3, 2), false)).toEqual(of(3, 2));
  expect(withTheUnsaid(of(3), true)).toEqual(of(3));
});

test("all suites end in one line", () => {
  const all = sum([
    { passed: 1, failed: 0, skipped: 2 },
    { passed: 10, failed: 1, skipped: 0 },
  ]);
  expect(lineOf(all)).toBe("11 passed, 1 failed, 2 skipped");
});

describe("a fuzz target that ended with 1", () => {
  const head =
    "fuzz: elapsed: 3s, execs: 218182 (72722/sec), new interesting: 0 (total: 153)\n--- FAIL: FuzzParser (8.09s)\n";
  const tail = "FAIL\nexit status 1\nFAIL\tgithub.com/matchday/crowd/sse\t8.094s\n";

  test("has found nothing when its time was up and that is all", () => {
    expect(fuzzedWell(1, `${head}    context deadline exceeded\n${tail}`)).toBe(true);
  });

  test.each([
    [
      "    --- FAIL: FuzzParser (0.00s)\n        sse_test.go:9: lost\n    Failing input written to testdata/fuzz/FuzzParser/1\n",
    ],
    ["    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzParser/1\n"],
    ["    fuzzing process hung or terminated unexpectedly: exit status 2\n"],
    [""],
  ])("has failed with %j", (said) => {
    expect(fuzzedWell(1, head + said + tail)).toBe(false);
  });

  test("has failed when it did not come so far", () => {
    expect(fuzzedWell(2, "    context deadline exceeded\n")).toBe(false);
    expect(fuzzedWell(null, "")).toBe(false);
  });
});
