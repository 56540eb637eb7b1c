import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Objective } from "../contract.ts";
import { budgetOf, factsOf, onTime, ratio, sloOf, threshold } from "./testing.ts";

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
    { measure: "delivery.lostRatio", op: "lte", target: 0.001, unit: "ratio" },
  ],
  [
    "op of a ratio compares what is good",
    ratio("bad", "delivery.late", "delivery.owed"),
    "{op: gt, target: 0.9}",
    { measure: "delivery.lateRatio", op: "lt", target: 0.1, unit: "ratio" },
  ],
  [
    "the good ones of a measure that counts bad ones",
    ratio("good", "payments.confirmed", "payments.ended"),
    "{target: 0.95}",
    { measure: "payments.failedRatio", op: "lte", target: 0.05, unit: "ratio" },
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

const slices = "timeSliceWindow: 1m, timeSliceTarget: 0.9";
const broken: [name: string, text: string, fact: string][] = [
  [
    "target twice",
    sloOf({ objectives: ["{target: 0.9, targetPercent: 90}"] }),
    "12: an objective has a target or a targetPercent, and not both",
  ],
  ["no target", sloOf({ objectives: ["{displayName: mine}"] }), "12: the objective has no target"],
  [
    "a percentage of 100",
    sloOf({ objectives: ["{targetPercent: 100}"] }),
    "12: spec.objectives.0.targetPercent: must be less than 100: what must never happen is an invariant, not an SLO",
  ],
  [
    "an unknown field",
    sloOf({ objectives: [`{target: 0.9, timeSliceWIndow: 1m}`] }),
    "12: spec.objectives.0.timeSliceWIndow is no field of OpenSLO v1",
  ],
  [
    "an unknown field of the spec",
    sloOf({ more: ["  budgetAdjustments: []"] }),
    "13: spec.budgetAdjustments is no field of OpenSLO v1",
  ],
  [
    "an unknown field beside the spec",
    sloOf({ more: ["status: {}"] }),
    "13: status is no field of OpenSLO v1",
  ],
  [
    "a composite",
    sloOf({ objectives: ["{target: 0.9, compositeWeight: 2}"] }),
    "12: spec.objectives.0.compositeWeight: belongs to a composite SLO, which is not supported: give each part an SLO of its own",
  ],
  [
    "a part of a composite",
    sloOf({ objectives: ["{target: 0.9, indicatorRef: x}"] }),
    "12: spec.objectives.0.indicatorRef: belongs to a composite SLO, which is not supported: give each part an SLO of its own",
  ],
  [
    "a slice of Occurrences",
    sloOf({ objectives: [`{target: 0.9, ${slices}}`] }),
    "12: timeSliceTarget means nothing with Occurrences",
  ],
  [
    "no length of a slice",
    sloOf({ method: "RatioTimeslices" }),
    "12: RatioTimeslices needs a timeSliceWindow",
  ],
  [
    "no target of a slice",
    sloOf({ method: "Timeslices", objectives: ["{target: 0.9, timeSliceWindow: 1m}"] }),
    "12: Timeslices needs a timeSliceTarget",
  ],
  [
    "a slice of half a second",
    sloOf({ method: "RatioTimeslices", objectives: ["{target: 0.9, timeSliceWindow: 500ms}"] }),
    "12: timeSliceWindow 500ms is no length of a slice",
  ],
  [
    "slices of the whole run",
    sloOf({
      indicator: ratio("good", "clients.connected", "clients.planned"),
      method: "Timeslices",
      objectives: [`{target: 0.9, ${slices}}`],
    }),
    "12: clients.connectedRatio is known for the whole run only, and not by slices",
  ],
  [
    "slices of a count",
    sloOf({
      indicator: threshold("delivery.lost"),
      method: "Timeslices",
      objectives: [`{op: lte, value: 0, target: 0.9, ${slices}}`],
    }),
    "12: delivery.lost has no share of good events in a slice",
  ],
  [
    "an unknown method",
    sloOf({ method: "Timeslice" }),
    '10: spec.budgetingMethod: Invalid option: expected one of "Occurrences"|"Timeslices"|"RatioTimeslices"',
  ],
  [
    "two windows",
    sloOf({ window: "[{duration: 1h}, {duration: 2h}]" }),
    "9: spec.timeWindow: must hold exactly one window",
  ],
  [
    "a window of seconds",
    sloOf({ window: "[{duration: 90s}]" }),
    "9: spec.timeWindow.0.duration: must be like 1h or 4w; the least unit is the minute, and shorter windows are phases",
  ],
  [
    "a rolling month",
    sloOf({ window: "[{duration: 1M, isRolling: true}]" }),
    "9: a rolling window of 1M has no length of its own: months and years differ",
  ],
  [
    "a window that does not roll",
    sloOf({ window: "[{duration: 1d, isRolling: false}]" }),
    "9: a window that does not roll needs a calendar",
  ],
  [
    "a rolling calendar",
    sloOf({
      window:
        "[{duration: 1d, isRolling: true, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Etc/UTC}}]",
    }),
    "9: a rolling window has no calendar",
  ],
  [
    "a day that is none",
    sloOf({ window: "[{duration: 1d, calendar: {startTime: 2026-02-30 00:00:00, timeZone: Etc/UTC}}]" }),
    '9: startTime "2026-02-30 00:00:00" is no date and time',
  ],
  [
    "a time zone that is none",
    sloOf({ window: "[{duration: 1d, calendar: {startTime: 2026-02-03 00:00:00, timeZone: Mars/Base}}]" }),
    '9: there is no time zone "Mars/Base"',
  ],
  [
    "a source of others",
    sloOf({ indicator: threshold("up", "prometheus") }),
    "8: a metricSource of type prometheus cannot be asked here",
  ],
  [
    "a source of no type",
    sloOf({ indicator: onTime.replaceAll("type: matchday, ", "") }),
    "8: the metricSource has no type",
  ],
  [
    "a query that is not known",
    sloOf({ indicator: threshold("goal age") }),
    '8: there is no measure "goal age"',
  ],
  [
    "more than a query",
    sloOf({ indicator: onTime.replace("query: delivery.onTime", "query: delivery.onTime, where: here") }),
    "8: a metricSource of type matchday has a query, and no where",
  ],
  [
    "counts that are of different things",
    sloOf({ indicator: ratio("good", "delivery.onTime", "clients.planned") }),
    '8: nothing is known of good "delivery.onTime" in total "clients.planned"',
  ],
  [
    "good and bad",
    sloOf({
      indicator: onTime.replace(
        "good:",
        "bad: {metricSource: {type: matchday, spec: {query: delivery.late}}}, good:",
      ),
    }),
    "8: a ratioMetric has a total, and good or bad",
  ],
  [
    "two metrics",
    sloOf({ indicator: `{${threshold("connect").slice(1, -1)}, ${onTime.slice(1, -1)}}` }),
    "8: an indicator has a thresholdMetric or a ratioMetric, and not both",
  ],
  [
    "a counter that is none",
    sloOf({ indicator: onTime.replace("counter: true", "counter: false") }),
    "8: the counts of a run only grow, and counter is false",
  ],
  [
    "a raw ratio of the other kind",
    sloOf({
      indicator:
        "{ratioMetric: {rawType: failure, raw: {metricSource: {type: matchday, spec: {query: delivery.ratio}}}}}",
    }),
    "8: delivery.ratio is a share of what is good, and rawType is failure",
  ],
  [
    "an annotation that says otherwise",
    sloOf({ annotations: { "matchday.dev/measure": "delivery.lostRatio" } }),
    "5: the annotation's measure is delivery.lostRatio, and the indicator asks for delivery.ratio",
  ],
  [
    "a class that says otherwise",
    sloOf({
      annotations: { "matchday.dev/measure": "event_age{class=odds}" },
      indicator: threshold("event_age{class=goal}"),
      objectives: ["{op: lt, value: 1, target: 0.9}"],
    }),
    "5: the annotation's measure is event_age{class=odds}, and the indicator asks for event_age{class=goal}",
  ],
  [
    "an SLI that is not there",
    sloOf().replace(/indicator:.*/, "indicatorRef: elsewhere"),
    '8: there is no SLI "elsewhere" in this file',
  ],
  [
    "an indicator twice",
    sloOf({ more: ["  indicatorRef: elsewhere"] }),
    "13: an SLO has an indicator or an indicatorRef, and not both",
  ],
  [
    "a ratio that is to be low",
    sloOf({ objectives: ["{op: lt, target: 0.9}"] }),
    "12: delivery.ratio with op lt asks for what is bad",
  ],
  [
    "a value beside the target of a ratio",
    sloOf({ objectives: ["{op: gte, value: 0.95, target: 0.9}"] }),
    "12: a share of 0.9 good is delivery.ratio 0.9, and the objective says 0.95",
  ],
  [
    "a bound that is not the target",
    sloOf({
      indicator: threshold("journeys.failedRatio"),
      objectives: ["{op: lte, value: 0.05, target: 0.9}"],
    }),
    "12: a share of 0.9 good is journeys.failedRatio 0.1, and the objective says 0.05",
  ],
  [
    "a percentile from the wrong end",
    sloOf({ indicator: threshold("connect.p99"), objectives: ["{op: gt, value: 5, target: 0.99}"] }),
    "12: connect.p99 is a share of 0.01, and the objective's target is 0.99",
  ],
  [
    "a tag that nobody reads",
    sloOf().replace("service: mine", "service: !env SERVICE"),
    "7: Unresolved tag: !env",
  ],
  [
    "an alias of nothing",
    sloOf().replace("service: mine", "service: *elsewhere"),
    '7: there is no anchor "elsewhere" before this',
  ],
  [
    "an annotation on an indicator",
    sloOf().replace(
      "indicator: {",
      'indicator: {metadata: {name: x, annotations: {matchday.dev/measure: "connect"}}, ',
    ),
    "8: there is no annotation matchday.dev/measure here",
  ],
];

test.each(broken)("%s is refused with its line", (_, text, fact) => {
  expect(factsOf(text)).toEqual([`mine.yaml:${fact}`]);
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
