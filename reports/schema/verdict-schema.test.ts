import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { projectRoot } from "../../common/paths.ts";
import type { Verdict } from "../../verdict/contract.ts";
import { judge } from "../../verdict/judge.ts";
import { healthyPresale } from "../../verdict/testing/presale-record.ts";
import { healthyRun, withFault } from "../../verdict/testing/record.ts";
import { fixtureVerdict } from "../html/fixture-verdict.ts";
import { renderJson } from "../json.ts";
import { failedVerdict, passedVerdict, unknownVerdict } from "../testing/verdicts.ts";
import { verdictSchema } from "./verdict-schema.ts";

const committed = JSON.parse(readFileSync(join(projectRoot, "docs/verdict.schema.json"), "utf8"));
const isValid = new Ajv2020({ allErrors: true, strict: true }).compile(committed);

/** What the schema says against what would be in `verdict.json`; nothing: valid. */
function complaints(verdict: unknown): string[] {
  isValid(JSON.parse(renderJson(verdict as Verdict)));
  return (isValid.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, params.additionalProperty].filter(Boolean).join(" "),
  );
}

test("what is committed is what the type says: npm run schema", () => {
  expect(committed).toEqual(verdictSchema());
}, 60_000);

function presaleVerdict(): Verdict {
  const { plan, record } = healthyPresale();
  return judge(plan, record);
}

/** With what a fault is allowed by the budget, and with what was not exercised weighing as failed. */
function allowedByBudget(): Verdict {
  const { plan, record } = withFault(healthyRun(), []);
  plan.budget.untested = "fail";
  plan.budget.allowances = [
    {
      fault: "redis-down",
      measures: [{ measure: "delivery.ratio", target: 0.5, unit: "ratio" }],
      forAtMostMs: 20_000,
    },
  ];
  return judge(plan, record);
}

test.each([
  ["a pass", passedVerdict],
  ["a failure", failedVerdict],
  ["an unknown run", unknownVerdict],
  ["a presale", presaleVerdict],
  ["allowances of a budget", allowedByBudget],
  ["everything at once", fixtureVerdict],
])("%s is valid", (_, verdict) => {
  expect(complaints(verdict())).toEqual([]);
});

test("a field that is missing, too much or of another type is noticed, also deep inside", () => {
  const { score: _, ...without } = fixtureVerdict();
  expect(complaints(without)).toEqual(["must have required property 'score'"]);
  expect(complaints({ ...fixtureVerdict(), extra: 1 })).toEqual([
    "must NOT have additional properties extra",
  ]);
  const deep = fixtureVerdict();
  Object.assign(deep.objectives[0]!, { extra: 1 });
  Object.assign(deep.errorBudgets[0]!, { burn: "fast" });
  Object.assign(deep.faults[0]!.allow!, { forAtMostMs: undefined });
  expect(complaints(deep)).toEqual(
    expect.arrayContaining([
      "/objectives/0 must NOT have additional properties extra",
      "/errorBudgets/0/burn must be number",
      expect.stringContaining("/faults/0/allow must have required property 'forAtMostMs'"),
    ]),
  );
  expect(complaints({ ...fixtureVerdict(), schema: "matchday.verdict/1" })).not.toEqual([]);
});
