import { expect, test } from "vitest";
import { allowanceProblem, allowanceProblems } from "./allowance-check.ts";

test.each([
  [{ measure: "event_age{class=goal}.p99", target: 12_000, unit: "ms" as const }, undefined],
  [{ measure: "delivery.ratio", target: 0, unit: "ratio" as const }, undefined],
  [{ measure: "delivery.late", target: 500, unit: "count" as const }, undefined],
  // As saved runs have it.
  [{ measure: "delivery.late", target: 500 }, undefined],
  [
    { measure: "delivery.late", target: 500, unit: "ms" as const },
    "delivery.late is measured in count: it is allowed a count, such as 500",
  ],
  [{ measure: "delivery", target: 500, unit: "count" as const }, 'there is no measure "delivery"'],
])("%o", (entry, problem) => {
  expect(allowanceProblem(entry)).toBe(problem);
});

test("every allowance of an experiment that cannot be judged", () => {
  const fault = { kind: "redis-down", options: {}, atMs: 0, forMs: 1000, expect: [] };
  const measures = [
    { measure: "speed.p99", target: 1, unit: "ms" as const },
    { measure: "connect.p99", target: 1, unit: "ms" as const },
    { measure: "checkout.completionRatio", target: 0.5, unit: "ratio" as const },
  ];
  const faults = [
    { ...fault, id: "redis-down", allow: { measures, forAtMostMs: 1000 } },
    { ...fault, id: "redis-down-2" },
  ];
  expect(allowanceProblems({ faults }).map(({ code, fact }) => [code, fact.slice(0, 60)])).toEqual([
    ["ALLOWANCE_INVALID", 'redis-down: there is no measure "speed.p99"'],
    ["ALLOWANCE_INVALID", "redis-down: checkout.completionRatio is a share of the whole"],
  ]);
});
