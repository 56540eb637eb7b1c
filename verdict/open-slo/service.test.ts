import { expect, test } from "vitest";
import { budgetOf, factsOf, problemsOf, sloOf } from "../testing/slo-text.ts";

const service = (annotations: string) => `apiVersion: openslo/v1
kind: Service
metadata:
  name: mine
  annotations:
${annotations.replace(/^/gm, "    ")}
---
${sloOf()}`;

/** Its text begins on line 7. */
const allowing = (text: string) => service(`matchday.dev/allow: |\n${text.replace(/^/gm, "  ")}`);

test("what faults may cost", () => {
  const text = allowing(`redis-down:
  allow:
    - event_age{class=goal}.p99: 12s
    - delivery.ratio: 0%
    - delivery.late: 500
  for-at-most: 15s
edge-kill-2:
  allow: [{stale_odds_age.p99: 2.5s}]
  for-at-most: 1m30s`);
  expect(budgetOf(text).allowances).toEqual([
    {
      fault: "redis-down",
      measures: [
        { measure: "event_age{class=goal}.p99", target: 12_000, unit: "ms" },
        { measure: "delivery.ratio", target: 0, unit: "ratio" },
        { measure: "delivery.late", target: 500, unit: "count" },
      ],
      forAtMostMs: 15_000,
    },
    {
      fault: "edge-kill-2",
      measures: [{ measure: "stale_odds_age.p99", target: 2500, unit: "ms" }],
      forAtMostMs: 90_000,
    },
  ]);
});

test("nothing is allowed, and the untested is left out, unless a service says so", () => {
  expect(budgetOf(sloOf())).not.toHaveProperty("allowances");
  expect(budgetOf(sloOf())).not.toHaveProperty("untested");
  expect(budgetOf(service("matchday.dev/untested: fail")).untested).toBe("fail");
  expect(factsOf(service("matchday.dev/untested: pass"))).toEqual([
    "mine.yaml:6: matchday.dev/untested must be fail, or left out",
  ]);
  expect(factsOf(service("matchday.dev/weight: '2'"))).toEqual([
    "mine.yaml:6: there is no annotation matchday.dev/weight",
  ]);
});

const fault = (entry: string, limit = "for-at-most: 15s") =>
  `redis-down:\n  allow:\n    - ${entry}\n  ${limit}`;

test.each([
  [
    "an unknown measure",
    fault("speed.p99: 12s"),
    '9: matchday.dev/allow: redis-down: there is no measure "speed.p99"',
  ],
  [
    "a duration for a ratio",
    fault("delivery.ratio: 12s"),
    "9: matchday.dev/allow: redis-down: delivery.ratio is measured in ratio: it is allowed a percentage, such as 90%",
  ],
  [
    "a percentage for a latency",
    fault("connect.p99: 90%"),
    "9: matchday.dev/allow: redis-down: connect.p99 is measured in ms: it is allowed a duration, such as 12s",
  ],
  [
    "a share of the whole run",
    fault("journeys.failedRatio: 10%"),
    "9: matchday.dev/allow: redis-down: journeys.failedRatio is a share of the whole run: what a fault did to it cannot be told apart by time, and so not allowed",
  ],
  [
    "clients",
    fault("clients.connectedRatio: 10%"),
    "9: matchday.dev/allow: redis-down: clients.connectedRatio is a share of the whole run: what a fault did to it cannot be told apart by time, and so not allowed",
  ],
  [
    "nonsense",
    fault("connect.p99: soon"),
    '9: matchday.dev/allow: redis-down: connect.p99: "soon" is no duration, percentage or count',
  ],
  [
    "no limit",
    fault("connect.p99: 12s", "# none"),
    "7: matchday.dev/allow: redis-down: for-at-most is missing",
  ],
  [
    "a limit that is none",
    fault("connect.p99: 12s", "for-at-most: 15"),
    "10: matchday.dev/allow: redis-down: for-at-most: 15 is no duration",
  ],
  [
    "a limit of less than is recorded",
    fault("connect.p99: 12s", "for-at-most: 1ms"),
    "10: matchday.dev/allow: redis-down: for-at-most: 1ms is less than 1 s, and runs are recorded by the second",
  ],
  [
    "one measure twice, written otherwise",
    fault('"event_age{class=goal}.p99": 12s\n    - "event_age{ class=goal }.p99": 14s'),
    "10: matchday.dev/allow: redis-down: event_age{class=goal}.p99 is allowed twice",
  ],
  [
    "a field that is none",
    fault("connect.p99: 12s", "for-at-most: 15s\n  until: 9s"),
    "11: matchday.dev/allow: redis-down: there is no field until",
  ],
  [
    "an empty list",
    "redis-down:\n  allow: []\n  for-at-most: 15s",
    "8: matchday.dev/allow: redis-down: allow is no list, or empty",
  ],
  [
    "one measure twice",
    fault("connect.p99: 12s\n    - connect.p99: 14s"),
    "10: matchday.dev/allow: redis-down: connect.p99 is allowed twice",
  ],
  ["no fault", "just text", "6: matchday.dev/allow names no fault"],
])("%s is refused with its line", (_, text, fact) => {
  expect(factsOf(allowing(text))).toEqual([`mine.yaml:${fact}`]);
  expect(problemsOf(allowing(text))[0]!.remedy).toContain("for-at-most: 15s");
});

test("broken YAML within the text", () => {
  expect(factsOf(allowing("a: b\n\tc: ]"))[0]).toMatch(/^mine.yaml:8: /);
  expect(factsOf(allowing("redis-down:\n  allow: *as-before"))).toEqual([
    'mine.yaml:8: there is no anchor "as-before" before this',
  ]);
  expect(factsOf(service("matchday.dev/allow: 'redis-down: [*x]'"))).toEqual([
    'mine.yaml:6: there is no anchor "x" before this',
  ]);
});
