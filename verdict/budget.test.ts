import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseBudget } from "./budget.ts";

const builtIn = (name: string) => readFileSync(join(import.meta.dirname, "budgets", `${name}.yaml`), "utf8");

function budgetOf(text: string) {
  const parsed = parseBudget(text, "mine.yaml");
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ fact }) => fact).join("\n"));
  return parsed.budget;
}

function factsOf(text: string): string[] {
  const parsed = parseBudget(text, "mine.yaml");
  return "problems" in parsed ? parsed.problems.map(({ fact }) => fact) : [];
}

const slo = (annotations: string, objectives: string, name = "mine") => `apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${name}
  annotations:
${annotations.replace(/^/gm, "    ")}
spec:
  service: mine
  budgetingMethod: Occurrences
  timeWindow:
    - duration: 1h
  objectives:
${objectives.replace(/^/gm, "    ")}
`;

test("the laptop's budget", () => {
  const budget = budgetOf(builtIn("live-scores"));
  expect(budget.id).toBe("live-scores");
  expect(budget.invariants).toEqual(["final-screen", "ledger-contiguous", "nothing-misdelivered"]);
  expect(
    budget.objectives.map(({ id, measure, phase, op, target, key }) => [id, phase, measure, op, target, key]),
  ).toEqual([
    ["connect-p95", "arrive", "connect.p95", "lt", 500, false],
    ["connect-p99", "arrive", "connect.p99", "lt", 1000, false],
    ["goal-age-p50", "all", "event_age{class=goal}.p50", "lt", 200, true],
    ["goal-age-p99", "all", "event_age{class=goal}.p99", "lt", 2000, true],
    ["stale-odds-age", "all", "stale_odds_age.p99", "lt", 1500, false],
    ["delivery-ratio", "all", "delivery.ratio", "gte", 0.9999, true],
    ["delivery-lost", "all", "delivery.lost", "eq", 0, true],
    ["resume", "all", "resume.p99", "lt", 6500, false],
    ["connected", "all", "clients.connectedRatio", "gte", 0.9999, true],
    ["delivery-misdelivered", "all", "delivery.misdelivered", "eq", 0, true],
    ["delivery-duplicate", "all", "delivery.duplicate", "eq", 0, false],
  ]);
});

test("the budget at scale holds goals to the same, and has no p50", () => {
  const { objectives } = budgetOf(builtIn("live-scores-at-scale"));
  const goals = objectives.filter(({ measure }) => measure.startsWith("event_age"));
  expect(goals).toMatchObject([
    { id: "goal-age", measure: "event_age{class=goal}.p99", target: 2000, key: true },
  ]);
  expect(objectives.find(({ id }) => id === "connect-p99")!.target).toBe(5000);
});

test("a share of good events is a percentile; a key objective is one unless told", () => {
  const { objectives, id, title } = budgetOf(
    slo("matchday.dev/measure: connect", "- {op: lte, value: 900, target: 0.95}"),
  );
  expect({ id, title }).toEqual({ id: "mine", title: "mine" });
  expect(objectives).toEqual([
    {
      id: "mine",
      title: "mine",
      phase: "all",
      measure: "connect.p95",
      op: "lte",
      target: 900,
      unit: "ms",
      key: true,
      weight: 1,
      slo: {
        target: 0.95,
        method: "Occurrences",
        window: { duration: "1h", ms: 3_600_000, isRolling: true },
      },
    },
  ]);
});

test.each<[name: string, text: string, facts: (string | RegExp)[]]>([
  ["nothing at all", "", [/is empty/]],
  ["nothing that judges", "apiVersion: openslo/v1\nkind: DataSource\n", [/judges nothing/]],
  ["no OpenSLO", "hello: world\n", [/^mine.yaml:1: kind: /]],
  [
    "another version",
    slo("matchday.dev/measure: connect.p99", "- {op: lt, value: 1, target: 0.99}").replace(
      "openslo/v1",
      "v2",
    ),
    [/^mine.yaml:1: apiVersion: must be "openslo\/v1"$/],
  ],
  ["broken YAML", "kind: [\n", [/^mine.yaml:\d: Flow sequence/]],
  [
    "an unknown measure",
    slo("matchday.dev/measure: speed.p99", "- {op: lt, value: 1, target: 0.99}"),
    ['mine.yaml:6: there is no measure "speed.p99"'],
  ],
  [
    "an unknown class",
    slo('matchday.dev/measure: "event_age{class=own-goal}.p99"', "- {op: lt, value: 1, target: 0.99}"),
    [/^mine.yaml:6: there is no measure/],
  ],
  [
    "no measure",
    slo("matchday.dev/phase: all", "- {op: lt, value: 1, target: 0.99}"),
    ["mine.yaml:7: mine has no indicator, and no annotation matchday.dev/measure"],
  ],
  [
    "an unknown phase",
    slo(
      "matchday.dev/measure: connect.p99\nmatchday.dev/phase: halftime",
      "- {op: lt, value: 1, target: 0.99}",
    ),
    ["mine.yaml:7: matchday.dev/phase must be one of all, steady, arrive, baseline, fault, recovery, after"],
  ],
  [
    "an unknown annotation",
    slo("matchday.dev/measure: connect.p99\nmatchday.dev/wieght: '2'", "- {op: lt, value: 1, target: 0.99}"),
    ["mine.yaml:7: there is no annotation matchday.dev/wieght"],
  ],
  [
    "a weight of nothing",
    slo("matchday.dev/measure: connect.p99\nmatchday.dev/weight: '0'", "- {op: lt, value: 1, target: 0.99}"),
    ["mine.yaml:7: matchday.dev/weight must be a number above 0"],
  ],
  [
    "an annotation that is no text",
    slo("matchday.dev/measure: connect.p99\nmatchday.dev/weight: 2", "- {op: lt, value: 1, target: 0.99}"),
    [/^mine.yaml:7: .+ must be text: put it in quotes$/],
  ],
  [
    "a target of 1",
    slo("matchday.dev/measure: connect.p99", "- {op: lt, value: 1, target: 1}"),
    [/^mine.yaml:13: spec.objectives.0.target: must be less than 1/],
  ],
  [
    "no value",
    slo("matchday.dev/measure: connect.p99", "- {target: 0.99}"),
    ["mine.yaml:13: connect.p99 needs an op and a value"],
  ],
  [
    "a percentile that contradicts the share",
    slo("matchday.dev/measure: connect.p99", "- {op: lt, value: 1, target: 0.95}"),
    ["mine.yaml:13: connect.p99 is a share of 0.99, and the objective's target is 0.95"],
  ],
  [
    "a value that contradicts the annotation",
    slo("matchday.dev/measure: connect.p99\nmatchday.dev/target: '5'", "- {op: lt, value: 1, target: 0.99}"),
    ["mine.yaml:7: the annotation's target is 5, and the objective's value is 1"],
  ],
  [
    "an op that contradicts the annotation",
    slo("matchday.dev/measure: connect.p99\nmatchday.dev/op: gt", "- {op: lt, value: 1, target: 0.99}"),
    ["mine.yaml:7: the annotation's op is gt, and the objective's op is lt"],
  ],
  [
    "the wrong unit",
    slo("matchday.dev/measure: delivery.ratio\nmatchday.dev/unit: ms", "- {target: 0.99}"),
    ["mine.yaml:7: delivery.ratio is measured in ratio, not in ms"],
  ],
  [
    "an unknown invariant",
    "apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: mine\n  annotations:\n    matchday.dev/invariants: final-screen, tidy\n",
    ['mine.yaml:6: there is no invariant "tidy"'],
  ],
])("%s is a problem with its line", (_, text, facts) => {
  const found = factsOf(text);
  expect(found).toHaveLength(facts.length);
  for (const [index, fact] of facts.entries()) expect(found[index]).toMatch(fact);
});

test("every problem is told at once, each with a remedy", () => {
  const text = [
    slo("matchday.dev/measure: speed.p99\nmatchday.dev/phase: all", "- {op: lt, value: 1, target: 0.99}"),
    slo(
      "matchday.dev/measure: connect.p99\nmatchday.dev/phase: never\nmatchday.dev/key: maybe",
      "- {op: lt, value: 1, target: 0.99}",
      "other",
    ),
    slo("matchday.dev/measure: connect.p99", "- {op: lt, value: 1, target: 2}", "third"),
  ].join("---\n");
  const parsed = parseBudget(text, "mine.yaml");
  if (!("problems" in parsed)) throw new Error("it was accepted");
  expect(parsed.problems.map(({ fact }) => fact.replace(/:.*/s, ""))).toEqual(Array(4).fill("mine.yaml"));
  expect(parsed.problems.every(({ code, remedy }) => code === "BUDGET_INVALID" && remedy)).toBe(true);
});

test("the same objective twice", () => {
  const one = slo("matchday.dev/measure: connect.p99", "- {op: lt, value: 1, target: 0.99}");
  expect(factsOf(`${one}---\n${one}`)).toEqual(['mine.yaml:18: SLO "mine" is there more than once']);
});
