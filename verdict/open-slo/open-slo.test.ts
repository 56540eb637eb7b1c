import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Objective } from "../contract.ts";
import { budgetOf, factsOf, onTime, ratio, sloOf, threshold } from "../testing/slo-text.ts";

const window = { duration: "30d", ms: 30 * 86_400_000, isRolling: true };
const occurrences = (target: number) => ({ target, method: "Occurrences", window });

/** What of an objective is read from its SLO. */
const read = ({ measure, op, target, unit, slo }: Objective) => ({ measure, op, target, unit, slo });
const firstOf = (text: string) => read(budgetOf(text).objectives[0]!);

test.each<[name: string, indicator: string, objective: string, expected: Partial<Objective>]>([
  [
    "a share of samples below a value is a percentile",
    threshold("event_age{class=goal}"),
    "{op: lt, value: 2000, target: 0.99}",
    { measure: "event_age{class=goal}.p99", op: "lt", target: 2000, unit: "ms" },
  ],
  [
    "of any share",
    threshold("stale_odds_age"),
    "{op: lte, value: 1500, targetPercent: 97.5}",
    { measure: "stale_odds_age.p975", op: "lte", target: 1500, unit: "ms" },
  ],
  [
    "a share above a value is the percentile from the other end",
    threshold("connect"),
    "{op: gt, value: 5, target: 0.9}",
    { measure: "connect.p10", op: "gt", target: 5, unit: "ms" },
  ],
  [
    "good in total",
    onTime,
    "{target: 0.9999}",
    { measure: "delivery.ratio", op: "gte", target: 0.9999, unit: "ratio" },
  ],
  [
    "a percentage",
    onTime,
    "{targetPercent: 99.9}",
    { measure: "delivery.ratio", op: "gte", target: 0.999, unit: "ratio" },
  ],
  [
    "bad in total, all that is not good",
    ratio("bad", "delivery.lost + delivery.late", "delivery.owed"),
    "{target: 0.99}",
    { measure: "delivery.ratio", op: "gte", target: 0.99, unit: "ratio" },
  ],
  [
    "bad in total, a part of it",
    ratio("bad", "delivery.lost", "delivery.owed"),
    "{target: 0.999}",
    { measure: "delivery.notLostRatio", op: "gte", target: 0.999, unit: "ratio" },
  ],
  [
    "op of a ratio compares what is good",
    ratio("bad", "delivery.late", "delivery.owed"),
    "{op: gt, target: 0.9}",
    { measure: "delivery.notLateRatio", op: "gt", target: 0.9, unit: "ratio" },
  ],
  [
    "the good ones of a measure that counts bad ones",
    ratio("good", "payments.confirmed", "payments.ended"),
    "{target: 0.95}",
    { measure: "payments.confirmedRatio", op: "gte", target: 0.95, unit: "ratio" },
  ],
  [
    "clients",
    ratio("good", "clients.connected", "clients.planned"),
    "{op: gt, target: 0.98}",
    { measure: "clients.connectedRatio", op: "gt", target: 0.98, unit: "ratio" },
  ],
  [
    "a ratio that is computed",
    "{ratioMetric: {rawType: failure, raw: {metricSource: {type: matchday, spec: {query: journeys.failedRatio}}}}}",
    "{target: 0.999}",
    { measure: "journeys.failedRatio", op: "lte", target: 0.001, unit: "ratio" },
  ],
])("%s", (_, indicator, objective, expected) => {
  const found = firstOf(sloOf({ indicator, objectives: [objective] }));
  const share = Number(
    /target: ([\d.]+)/.exec(objective)?.[1] ?? Number(/Percent: ([\d.]+)/.exec(objective)![1]) / 100,
  );
  expect(found).toMatchObject(expected);
  expect(found.slo).toEqual({ ...occurrences(0), target: expect.closeTo(share, 12) });
});

test("a count has no share of good events, and so no error budget", () => {
  const { slo, ...found } = firstOf(
    sloOf({ indicator: threshold("delivery.lost"), objectives: ["{op: lte, value: 0, target: 0.99}"] }),
  );
  expect(found).toEqual({ measure: "delivery.lost", op: "lte", target: 0, unit: "count" });
  expect(slo).toBeUndefined();
});

test("slices: a share of good ones, each of which reaches its own", () => {
  const ofRatio = sloOf({
    method: "Timeslices",
    objectives: ["{op: gt, target: 0.995, timeSliceTarget: 0.95, timeSliceWindow: 1m}"],
  });
  expect(firstOf(ofRatio)).toEqual({
    measure: "delivery.ratio",
    op: "gt",
    target: 0.995,
    unit: "ratio",
    slo: { target: 0.995, method: "Timeslices", sliceTarget: 0.95, sliceMs: 60_000, window },
  });
  const ofLatency = sloOf({
    indicator: threshold("connect"),
    method: "Timeslices",
    objectives: ["{op: lt, value: 500, target: 0.9, timeSliceTarget: 0.95, timeSliceWindow: 10s}"],
  });
  expect(firstOf(ofLatency)).toEqual({
    measure: "connect.p95",
    op: "gte",
    target: 0.9,
    unit: "ratio",
    slo: {
      ...{ target: 0.9, method: "Timeslices", sliceTarget: 0.95, sliceMs: 10_000, window },
      threshold: { op: "lt", value: 500 },
    },
  });
});

test("a slice that may have nothing bad at all", () => {
  const ofLatency = (query: string) =>
    sloOf({
      indicator: threshold(query),
      method: "Timeslices",
      objectives: ["{op: lt, value: 500, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 10s}"],
    });
  for (const query of ["connect", "connect.max"]) {
    expect(firstOf(ofLatency(query))).toMatchObject({ measure: "connect.max", slo: { sliceTarget: 1 } });
  }
  expect(factsOf(ofLatency("connect.max").replace("timeSliceTarget: 1", "timeSliceTarget: 0.9"))).toEqual([
    "mine.yaml:12: connect.max is a share of 1, and the objective's target is 0.9",
  ]);
});

test("slices of whose shares the mean is taken have no target of their own; a number is minutes", () => {
  const text = sloOf({ method: "RatioTimeslices", objectives: ["{target: 0.99, timeSliceWindow: 5}"] });
  expect(firstOf(text).slo).toEqual({ target: 0.99, method: "RatioTimeslices", sliceMs: 300_000, window });
});

test("without a time window nothing is said of one", () => {
  const text = sloOf().replace(/ {2}timeWindow.*\n/, "");
  expect(firstOf(text).slo).toEqual({ target: 0.99, method: "Occurrences" });
});

test("several objectives of one SLO have ids of their own", () => {
  const ids = (objectives: string[], indicator?: string) =>
    budgetOf(sloOf({ objectives, ...(indicator ? { indicator } : {}) })).objectives.map(({ id }) => id);
  expect(ids(["{target: 0.99}"])).toEqual(["mine"]);
  expect(ids(["{target: 0.99}", "{target: 0.999}"])).toEqual(["mine-ratio-1", "mine-ratio-2"]);
  expect(
    ids(["{op: lt, value: 1, target: 0.5}", "{op: lt, value: 2, target: 0.99}"], threshold("connect")),
  ).toEqual(["mine-p50", "mine-p99"]);
});

test("a list of documents, several of them in a file, in any order, with a dotted name", () => {
  const sli = `- apiVersion: openslo/v1
  kind: SLO
  metadata: {name: goals.on-screen}
  spec:
    service: mine
    indicatorRef: goal-age
    budgetingMethod: Occurrences
    objectives: [{op: lt, value: 2000, target: 0.99}]
- apiVersion: openslo/v1
  kind: SLI
  metadata: {name: goal-age}
  spec: {thresholdMetric: {metricSource: {metricSourceRef: here, spec: {query: "event_age{class=goal}"}}}}
---
`;
  const rest = `${sloOf()}---
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: here}
spec: {type: matchday, connectionDetails: {any: thing}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: call, whatever: yes}
`;
  expect(budgetOf(sli + rest).objectives.map(({ id, measure }) => [id, measure])).toEqual([
    ["goals.on-screen", "event_age{class=goal}.p99"],
    ["mine", "delivery.ratio"],
  ]);
});

const merged = (objective: string) => `- &base
  apiVersion: openslo/v1
  kind: SLO
  metadata: {name: first}
  spec: &spec
    service: mine
    indicator: {spec: ${onTime}}
    budgetingMethod: Occurrences
    objectives: [{target: 0.9}]
- <<: *base
  metadata: {name: second}
  spec:
    <<: *spec
    objectives: [${objective}]
`;

test("anchors and merge keys", () => {
  expect(budgetOf(merged("{target: 0.99}")).objectives.map(({ id, target }) => [id, target])).toEqual([
    ["first", 0.9],
    ["second", 0.99],
  ]);
  expect(factsOf(merged("{target: 0.99, value: 7}"))).toEqual([
    "mine.yaml:14: a share of 0.99 good is delivery.ratio 0.99, and the objective says 7",
  ]);
});

test("what is wrong behind an alias is told where it stands", () => {
  expect(factsOf(merged("{target: 0.99}").replace("delivery.onTime", "on time"))).toEqual([
    'mine.yaml:7: nothing is known of good "on time" in total "delivery.owed"',
    'mine.yaml:7: nothing is known of good "on time" in total "delivery.owed"',
  ]);
});

test("of several services the budget is called after its file, and their invariants are united", () => {
  const service = (name: string, invariants: string) =>
    `apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: ${name}\n  annotations: {matchday.dev/invariants: "${invariants}"}\n---\n`;
  const budget = budgetOf(
    service("one", "final-screen") + service("two", "ledger-contiguous, final-screen") + sloOf(),
  );
  expect(budget).toMatchObject({
    id: "mine",
    title: "mine",
    invariants: ["final-screen", "ledger-contiguous"],
  });
});

test("an annotation names the measure of an indicator that asks in free text, or asks somebody else", () => {
  const annotations = { "matchday.dev/measure": "delivery.ratio" };
  for (const indicator of [ratio("good", "on time", "owed"), onTime.replaceAll("matchday", "prometheus")]) {
    expect(firstOf(sloOf({ annotations, indicator })).measure).toBe("delivery.ratio");
  }
});

test("what stands in an SLO and is not judged may stay", () => {
  const more = ["  description: text", "  alertPolicies:", "    - alertPolicyRef: call"];
  const text = sloOf({ more }).replace("metadata:\n", "metadata:\n  labels: {team: [a, b]}\n");
  expect(budgetOf(text).objectives).toHaveLength(1);
});

test("the document on budgets names what there is", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "budgets", "README.md"), "utf8");
  const counts = (lines: string) =>
    [...lines.matchAll(/`(\w+\.\w+(?: \+ \w+\.\w+)*)`/g)].map(([, count]) => count!);
  for (const [what, of] of [
    ["deliveries", "delivery.owed"],
    ["clients", "clients.planned"],
    ["journeys", "journeys.ended"],
  ]) {
    const line = text.split("\n").find((each) => each.startsWith(`| ${what}`))!;
    for (const query of counts(line).filter((count) => count !== of)) {
      const part = new RegExp(`good \`${query.replaceAll("+", "\\+")}\``).test(line) ? "good" : "bad";
      expect(factsOf(sloOf({ indicator: ratio(part, query, of!) })), query).toEqual([]);
    }
  }
  const fields = [...text.matchAll(/^\| `matchday\.dev\/(\w+)`/gm)].map(([, field]) => field);
  expect(fields).toEqual(["measure", "phase", "key", "weight", "op", "invariants", "untested", "allow"]);
});
