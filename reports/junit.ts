import { allVisible } from "../common/visible.ts";
import type { JudgedInvariant, JudgedObjective, Verdict } from "../verdict/contract.ts";
import { formatCount, formatTarget, formatValue } from "../verdict/words.ts";
import { budgetLines, budgetUsed } from "./budget-lines.ts";
import { failedFirst, scoreOf } from "./lines.ts";
import { columnTitle } from "./phase-table.ts";

interface TestCase {
  suite: string;
  classname: string;
  name: string;
  outcome: { kind: "passed" } | { kind: "failure" | "error" | "skipped"; message: string; detail?: string };
  /** What was observed, passed or not. */
  said?: string;
}

/**
 * JUnit XML for a CI: one test case for each objective in each phase, invariant and expectation, and one that says whether the
 * run can be trusted at all. Valid for `junit-10.xsd` of the Jenkins xUnit plugin, which knows no more than is written here.
 */
export function renderJunit(judged: Verdict): string {
  const verdict = allVisible(judged);
  const suites = Map.groupBy(casesOf(verdict), ({ suite }) => suite);
  const all = [...suites.values()].flat();
  const seconds = (verdict.durationMs / 1000).toFixed(3);
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`matchday ${verdict.scenario}`)}" ${counts(all)} time="${seconds}">`,
  ];
  for (const [suite, cases] of suites) {
    out.push(
      `  <testsuite name="${xml(suite)}" ${counts(cases)} skipped="${amount(cases, "skipped")}" time="${seconds}"${timestamp(verdict)}>`,
    );
    if (suite === "run") out.push(...properties(verdict));
    out.push(...cases.flatMap(testCase));
    out.push("  </testsuite>");
  }
  out.push("</testsuites>");
  return `${out.join("\n")}\n`;
}

function testCase({ classname, name, outcome, said }: TestCase): string[] {
  const open = `    <testcase classname="${xml(classname)}" name="${xml(name)}" time="0"`;
  const body: string[] = [];
  if (outcome.kind !== "passed") {
    const { kind, message, detail } = outcome;
    const begin = `<${kind} type="${kind}" message="${xml(message)}"`;
    body.push(detail ? `${begin}>${xml(detail)}</${kind}>` : `${begin}/>`);
  }
  if (said !== undefined) body.push(`<system-out>${xml(said)}</system-out>`);
  return body.length === 0
    ? [`${open}/>`]
    : [`${open}>`, ...body.map((line) => `      ${line}`), "    </testcase>"];
}

/** In universal time without saying so, as Ant writes it: schemas that check it take no zone and no fraction. */
function timestamp({ startedAt }: Verdict): string {
  const at = new Date(startedAt);
  return Number.isNaN(at.getTime()) ? "" : ` timestamp="${at.toISOString().slice(0, 19)}"`;
}

function casesOf(verdict: Verdict): TestCase[] {
  const { scenario } = verdict;
  const trusted: TestCase = {
    suite: "run",
    classname: `${scenario}.run`,
    name: "the run can be trusted",
    outcome:
      verdict.verdict === "unknown"
        ? { kind: "error", message: verdict.sentence, detail: verdict.generator.reasons.join("\n") }
        : { kind: "passed" },
    said: `${verdict.sentence} ${scoreOf(verdict)}`,
  };
  return [
    trusted,
    ...verdict.objectives.map((objective) => ({
      suite: "objectives",
      classname: `${objective.id}/${objective.phase}`,
      ...objectiveCase(objective),
    })),
    ...verdict.invariants.map((invariant) => ({
      suite: "invariants",
      classname: `${scenario}.invariants`,
      name: `${invariant.id}: ${invariant.title}`,
      outcome: invariantOutcome(invariant),
    })),
    ...verdict.faults.flatMap((fault) =>
      failedFirst(fault.expectations).map(
        ({ id, ok, observed }): TestCase => ({
          suite: "expectations",
          classname: `${scenario}.expectations`,
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

function objectiveCase(objective: JudgedObjective): Pick<TestCase, "name" | "outcome" | "said"> {
  const {
    title,
    phase,
    faults = [],
    measure,
    unit,
    op,
    observed,
    ok,
    key,
    allowed,
    errorBudgetUsed,
  } = objective;
  const inPhase = phase === "all" ? "in the whole run" : `in phase ${phase}`;
  const target = formatTarget(objective);
  const limit = allowed
    ? `${target}; allowed ${formatValue(allowed.target, unit, op)} (${allowed.by.join(", ")})`
    : target;
  const during = faults.length > 0 ? ` (${faults.join(", ")})` : "";
  const name = `${title}: ${measure} ${limit}, ${columnTitle(phase)}${during}`;
  if (observed === null || ok === null) {
    return { name, outcome: { kind: "skipped", message: `not exercised: no ${measure} ${inPhase}` } };
  }
  const value = formatValue(observed, unit, op);
  return {
    name,
    outcome: ok
      ? { kind: "passed" }
      : {
          kind: "failure",
          message: `${title}: observed ${value}, target ${limit}`,
          detail: `${measure} ${inPhase} was ${observed}${unit === "ms" ? " ms" : ""}${key ? " (key objective)" : ""}`,
        },
    said: `observed ${value}; target ${limit}; error budget used by the whole run: ${budgetUsed(errorBudgetUsed)}`,
  };
}

function invariantOutcome({ ok, checked, violations }: JudgedInvariant): TestCase["outcome"] {
  if (ok === null) return { kind: "skipped", message: "there was nothing to look at" };
  if (ok) return { kind: "passed" };
  return {
    kind: "failure",
    message: `${violations[0]?.what ?? "violated"} (${formatCount(checked)} checked)`,
    detail: violations.map(({ what }) => what).join("\n"),
  };
}

function properties(verdict: Verdict): string[] {
  const { run, design, stack, seed, score, command, sentence } = verdict;
  const entries = {
    verdict: verdict.verdict,
    ...{ sentence, run, design, stack, seed, score, command },
    ...Object.fromEntries(
      budgetLines(verdict.errorBudgets).map(({ id, bad, used, burn }) => [
        `error budget of ${id}`,
        `${bad} bad; ${used}; burn ${burn}`,
      ]),
    ),
  };
  return [
    "    <properties>",
    ...Object.entries(entries).map(
      ([name, value]) => `      <property name="${xml(name)}" value="${xml(String(value))}"/>`,
    ),
    "    </properties>",
  ];
}

const amount = (cases: readonly TestCase[], kind: TestCase["outcome"]["kind"]) =>
  cases.filter(({ outcome }) => outcome.kind === kind).length;

const counts = (cases: readonly TestCase[]) =>
  `tests="${cases.length}" failures="${amount(cases, "failure")}" errors="${amount(cases, "error")}"`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** For text and attributes alike. What XML 1.0 does not allow has been made visible, but for the two that are no characters. */
function xml(text: string): string {
  return text
    .replace(/[\u{FFFE}\u{FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"\n]/g, (character) => entities[character]!);
}
