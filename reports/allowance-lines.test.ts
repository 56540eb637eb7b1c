import { expect, test } from "vitest";
import type { JudgedFault, JudgedObjective } from "../verdict/contract.ts";
import { allowanceLines } from "./allowance-lines.ts";

const row = (fields: Partial<JudgedObjective>): JudgedObjective => ({
  ...{ id: "goal", title: "Goal", phase: "fault", measure: "event_age{class=goal}.max", op: "lt" },
  ...{ target: 2000, unit: "ms", observed: 8000, ok: true, key: true, errorBudgetUsed: null, burn: null },
  ...fields,
});

const fault = (measure: string, target: number, fields: Partial<JudgedFault> = {}): JudgedFault => ({
  ...{ id: "redis-down", kind: "redis-down", target: "", band: "Redis away", fromMs: 20_000, toMs: 30_000 },
  ...{ detectedAfterMs: null, steadyAfterMs: 1400, injected: true, healed: true, expectations: [] },
  allow: { measures: [{ measure, target, unit: "ms" }], forAtMostMs: 15_000 },
  ...fields,
});

const entryOf = (of: JudgedFault, ...objectives: JudgedObjective[]) =>
  allowanceLines({ faults: [of], objectives })[0]!.entries[0];

const allowed = { target: 12_000, by: ["redis-down"] };

test("what the largest sample cost, by an allowance of it or of all classes", () => {
  const cost = { title: "Goal", allowed: "12 s", cost: "8 s", ok: true };
  expect(entryOf(fault("event_age{class=goal}.max", 12_000), row({ allowed }))).toEqual(cost);
  expect(entryOf(fault("event_age.max", 12_000), row({ allowed }))).toEqual(cost);
});

test.each<[string, JudgedObjective[], number, string]>([
  [
    "another is allowed more",
    [row({ allowed: { target: 20_000, by: ["feed-jitter"] } })],
    12_000,
    "feed-jitter is allowed more",
  ],
  ["the target allows as much", [row({})], 1000, "its target allows as much"],
  ["nothing was", [row({ observed: null, ok: null })], 12_000, "nothing measured meanwhile"],
])("no cost, since %s", (_, rows, target, because) => {
  expect(entryOf(fault("event_age{class=goal}.max", target), ...rows)).toMatchObject({ cost: null, because });
});

test.each<[Partial<JudgedFault>, RegExp]>([
  [{}, /steady after 11\.4 s$/],
  [{ steadyAfterMs: null }, /not steady again in this run$/],
  [{ steadyAfterMs: null, healed: false }, /not healed in this run$/],
  [{ steadyAfterMs: null, healed: false, injected: false }, /not injected in this run$/],
])("how long: %o", (fields, text) => {
  const of = fault("event_age.p99", 12_000, fields);
  expect(allowanceLines({ faults: [of], objectives: [] })[0]!.howLong).toMatch(text);
});
