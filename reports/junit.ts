import type { JudgedInvariant, JudgedObjective, Verdict } from "../verdict/contract.ts";
import { observedOf, targetOf } from "./lines.ts";

interface TestCase {
  suite: string;
  name: string;
  outcome: { kind: "passed" } | { kind: "failure" | "error" | "skipped"; message: string; detail?: string };
}

/**
 * JUnit XML for a CI: one test case for each objective, invariant and expectation, with value and target in its message,
 * and one that says whether the run can be trusted at all.
 */
export function renderJunit(verdict: Verdict): string {
  const suites = Map.groupBy(casesOf(verdict), ({ suite }) => suite);
  const all = [...suites.values()].flat();
  const seconds = (verdict.durationMs / 1000).toFixed(3);
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`matchday ${verdict.scenario}`)}" ${counts(all)} time="${seconds}">`,
  ];
  for (const [suite, cases] of suites) {
    const at = verdict.startedAt ? ` timestamp="${xml(verdict.startedAt)}"` : "";
    out.push(`  <testsuite name="${xml(suite)}" ${counts(cases)} time="${seconds}"${at}>`);
    if (suite === "run") out.push(...properties(verdict));
    for (const { name, outcome } of cases) {
      const open = `    <testcase classname="${xml(`${verdict.scenario}.${suite}`)}" name="${xml(name)}" time="0"`;
      if (outcome.kind === "passed") {
        out.push(`${open}/>`);
        continue;
      }
      const body =
        outcome.detail === undefined
          ? `<${outcome.kind} message="${xml(outcome.message)}"/>`
          : `<${outcome.kind} message="${xml(outcome.message)}">${xml(outcome.detail)}</${outcome.kind}>`;
      out.push(`${open}>`, `      ${body}`, "    </testcase>");
    }
    out.push("  </testsuite>");
  }
  out.push("</testsuites>");
  return `${out.join("\n")}\n`;
}

function casesOf(verdict: Verdict): TestCase[] {
  const trusted: TestCase = {
    suite: "run",
    name: "the run can be trusted",
    outcome:
      verdict.verdict === "unknown"
        ? { kind: "error", message: verdict.sentence, detail: verdict.generator.reasons.join("\n") }
        : { kind: "passed" },
  };
  return [
    trusted,
    ...verdict.objectives.map((objective) => ({
      suite: "objectives",
      name: `${objective.id}: ${objective.measure} ${targetOf(objective)} (${objective.phase})`,
      outcome: objectiveOutcome(objective),
    })),
    ...verdict.invariants.map((invariant) => ({
      suite: "invariants",
      name: `${invariant.id}: ${invariant.title}`,
      outcome: invariantOutcome(invariant),
    })),
    ...verdict.faults.flatMap((fault) =>
      fault.expectations.map(
        ({ id, ok, observed }): TestCase => ({
          suite: "expectations",
          name: `${fault.id}: ${id}`,
          outcome:
            ok === null
              ? { kind: "skipped", message: observed }
              : ok
                ? { kind: "passed" }
                : { kind: "failure", message: observed },
        }),
      ),
    ),
  ];
}

function objectiveOutcome(objective: JudgedObjective): TestCase["outcome"] {
  if (objective.ok === null) return { kind: "skipped", message: "not exercised in this run" };
  if (objective.ok) return { kind: "passed" };
  return {
    kind: "failure",
    message: `${objective.title}: observed ${observedOf(objective)}, target ${targetOf(objective)}`,
    detail: `${objective.measure} in ${objective.phase} was ${objective.observed} ${objective.unit}; target ${objective.op} ${objective.target} ${objective.unit}${objective.key ? " (key objective)" : ""}`,
  };
}

function invariantOutcome({ ok, checked, violations }: JudgedInvariant): TestCase["outcome"] {
  if (ok === null) return { kind: "skipped", message: "there was nothing to look at" };
  if (ok) return { kind: "passed" };
  return {
    kind: "failure",
    message: `${violations[0]?.what ?? "violated"} (${checked} checked)`,
    detail: violations.map(({ what }) => what).join("\n"),
  };
}

function properties(verdict: Verdict): string[] {
  const { run, design, stack, seed, score, command } = verdict;
  const entries = {
    verdict: verdict.verdict,
    sentence: verdict.sentence,
    run,
    design,
    stack,
    seed,
    score,
    command,
  };
  return [
    "    <properties>",
    ...Object.entries(entries).map(
      ([name, value]) => `      <property name="${name}" value="${xml(String(value))}"/>`,
    ),
    "    </properties>",
  ];
}

function counts(cases: readonly TestCase[]): string {
  const of = (kind: TestCase["outcome"]["kind"]) =>
    cases.filter(({ outcome }) => outcome.kind === kind).length;
  return `tests="${cases.length}" failures="${of("failure")}" errors="${of("error")}" skipped="${of("skipped")}"`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** For text and attributes alike; what XML 1.0 does not allow at all becomes the replacement character. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"\n]/g, (character) => entities[character]!);
}
