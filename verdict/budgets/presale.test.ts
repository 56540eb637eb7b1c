import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import presale from "../../scenarios/presale.ts";
import { parseBudget } from "../budget.ts";

function builtIn(name: string) {
  const parsed = parseBudget(readFileSync(join(import.meta.dirname, `${name}.yaml`), "utf8"), `${name}.yaml`);
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ fact }) => fact).join("\n"));
  return parsed.budget;
}

test("what a presale of a laptop's scale is held to", () => {
  const budget = builtIn("presale");
  expect(budget.id).toBe("presale");
  expect(budget.invariants).toEqual([
    "no-seat-sold-twice",
    "no-seat-lost",
    "paid-booking-recorded-once",
    "no-payment-without-seat",
    "no-lost-place",
    "admission-in-order",
    "purchase-limit-kept",
  ]);
  expect(
    budget.objectives.map(({ id, measure, phase, op, target, key }) => [id, phase, measure, op, target, key]),
  ).toEqual([
    ["join-p95", "arrive", "request{step=join}.p95", "lt", 500, false],
    ["join-p99", "arrive", "request{step=join}.p99", "lt", 1000, false],
    ["position-age", "all", "position_age.p99", "lt", 2000, true],
    ["availability", "all", "request{step=availability}.p99", "lt", 500, false],
    ["hold-p95", "all", "request{step=hold}.p95", "lt", 300, true],
    ["hold-p99", "all", "request{step=hold}.p99", "lt", 1000, true],
    ["book-p95", "all", "request{step=book}.p95", "lt", 800, true],
    ["book-p99", "all", "request{step=book}.p99", "lt", 2000, true],
    ["confirmation", "all", "request{step=confirmation}.p99", "lt", 1000, false],
    ["journeys-failed", "all", "journeys.failedRatio", "lte", 0.001, true],
    ["checkout", "all", "checkout.completionRatio", "gte", 0.95, true],
    ["payments-failed", "all", "payments.failedRatio", "lte", 0.05, false],
    ["admission-rate", "all", "admission.rateErrorRatio", "lte", 0.2, false],
    ["connected", "all", "clients.connectedRatio", "gte", 0.98, true],
  ]);
});

test("at scale the same is asked, and more time is given", () => {
  const [laptop, atScale] = [builtIn("presale"), builtIn("presale-at-scale")];
  expect(atScale.invariants).toEqual(laptop.invariants);
  expect(atScale.objectives.map(({ id }) => id)).toEqual(laptop.objectives.map(({ id }) => id));
  for (const [index, { id, unit, target }] of atScale.objectives.entries()) {
    const here = laptop.objectives[index]!.target;
    if (unit === "ms") expect(target, id).toBeGreaterThan(here);
    else expect(target, id).toBeGreaterThanOrEqual(here);
  }
});

test("each step that is judged is a step of the scenario's journeys", () => {
  const { clients, durationMs } = presale.defaults;
  const { crowd } = presale.plan({ clients, durationMs, faultMs: 10_000, cores: 2, seed: 1 });
  const steps = new Set(crowd.journeys!.flatMap((journey) => journey.steps.map(({ name }) => name)));
  const judged = builtIn("presale").objectives.flatMap(
    ({ measure }) => /step=([\w-]+)/.exec(measure)?.[1] ?? [],
  );
  expect(judged.filter((step) => !steps.has(step))).toEqual([]);
  expect(judged).toContain("join");
});
