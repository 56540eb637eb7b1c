import { expect, test } from "vitest";
import { builtInExperiments } from "../chaos/experiment.ts";
import { type DefectId, defects } from "../common/presale.ts";
import { scenarios } from "../scenarios/index.ts";
import { invariants } from "../verdict/systems/index.ts";
import { readMachine } from "./machine.ts";
import { makePlan } from "./plan.ts";

const machine = { ...readMachine(), fileLimit: 20_000 };
const planOf = (defect: string, chaos?: string) =>
  makePlan(
    { scenario: "presale", clients: "100", defect, command: "matchday", ...(chaos ? { chaos } : {}) },
    machine,
  );

test.each(Object.keys(defects) as DefectId[])("%s runs with the experiment that shows it", async (id) => {
  const { scenario, experiment, invariant } = defects[id];
  expect(scenarios.has(scenario)).toBe(true);
  expect(["none", ...builtInExperiments()]).toContain(experiment);
  expect(invariants.map((each) => each.id)).toContain(invariant);
  const plan = await planOf(id);
  expect(plan.experiment ?? "none").toBe(experiment);
  expect(plan.system.script).toMatchObject({ defect: id });
});

test("an experiment that is asked for is the one that runs", async () => {
  expect((await planOf("double-charge", "none")).faults).toEqual([]);
});
