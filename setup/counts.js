// What test tools report, counted. Pure: text in, numbers out.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @returns {Counts} */
export const none = () => ({ passed: 0, failed: 0, skipped: 0 });

/**
 * @param {Counts[]} counts
 * @returns {Counts}
 */
export function sum(counts) {
  return counts.reduce(
    (all, { passed, failed, skipped }) => ({
      passed: all.passed + passed,
      failed: all.failed + failed,
      skipped: all.skipped + skipped,
    }),
    none(),
  );
}

/** @param {Counts} counts */
export const lineOf = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * A suite that failed without saying which test, or that ran none, has failed once.
 * @param {Counts} counts
 * @param {boolean} endedWell
 * @returns {Counts}
 */
export function withTheUnsaid(counts, endedWell) {
  const ranNone = counts.passed + counts.failed === 0;
  return counts.failed === 0 && (!endedWell || ranNone) ? { ...counts, failed: 1 } : counts;
}

/**
 * Vitest's JSON report. A file that cannot be loaded has no tests in it, and counts as one that failed.
 * @param {string} text
 * @returns {Counts}
 */
export function vitestCounts(text) {
  /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const { testResults } = JSON.parse(text);
  const counts = none();
  for (const { status: fileStatus, assertionResults } of testResults) {
    for (const { status } of assertionResults) {
      if (status === "passed") counts.passed++;
      else if (status === "failed") counts.failed++;
      else counts.skipped++;
    }
    if (fileStatus === "failed" && !assertionResults.some(({ status }) => status === "failed"))
      counts.failed++;
  }
  return counts;
}

/** @typedef {{ Action: string, Package?: string, ImportPath?: string, Test?: string, Output?: string, Elapsed?: number }} GoEvent */

/**
 * The events of `go test -json`. A test that has subtests is not counted beside them; a package that fails without
 * a failing test (it does not compile, or it crashed) counts as one that failed.
 * @param {GoEvent[]} events
 * @returns {Counts}
 */
export function goCounts(events) {
  const ended = events.filter(({ Action }) => ["pass", "fail", "skip"].includes(Action));
  const tests = ended.filter(({ Test }) => Test !== undefined);
  const parents = new Set(
    events.flatMap(({ Package, Test }) => {
      const last = Test?.lastIndexOf("/") ?? -1;
      return last < 0 ? [] : [`${Package} ${Test?.slice(0, last)}`];
    }),
  );
  const failedPackages = new Set(
    tests.filter(({ Action }) => Action === "fail").map(({ Package }) => Package),
  );
  const counts = none();
  for (const { Action, Package, Test } of tests) {
    if (parents.has(`${Package} ${Test}`)) continue;
    if (Action === "pass") counts.passed++;
    else if (Action === "fail") counts.failed++;
    else counts.skipped++;
  }
  for (const { Action, Package, Test } of ended) {
    if (Test === undefined && Action === "fail" && !failedPackages.has(Package)) counts.failed++;
  }
  return counts;
}

/**
 * Whether a fuzz target has found nothing. Up to Go 1.26 the end of `-fuzztime` itself is now and then told as a failure
 * (golang/go#75804); a real one has its input, a panic or words of its own.
 * @param {number | null} code
 * @param {string} output
 */
export function fuzzedWell(code, output) {
  const failed = output.split("\n").filter((line) => !/^(fuzz: elapsed|FAIL\b|exit status 1$)/.test(line));
  const timeUp = /^--- FAIL: Fuzz\w+ \([\d.]+s\)\n {4}context deadline exceeded$/;
  return code === 0 || (code === 1 && timeUp.test(failed.join("\n").trim()));
}
