import { expect, test } from "vitest";
import { allowanceProblem } from "./allowance-check.ts";

test.each([
  [{ measure: "event_age{class=goal}.p99", target: 12_000, unit: "ms" as const }, undefined],
  [{ measure: "delivery.ratio", target: 0, unit: "ratio" as const }, undefined],
  [{ measure: "delivery.late", target: 500, unit: "count" as const }, undefined],
  [
    { measure: "delivery.late", target: 500, unit: "ms" as const },
    "delivery.late is measured in count: it is allowed a count, such as 500",
  ],
  [{ measure: "delivery", target: 500, unit: "count" as const }, 'there is no measure "delivery"'],
])("%o", (entry, problem) => {
  expect(allowanceProblem(entry)).toBe(problem);
});
