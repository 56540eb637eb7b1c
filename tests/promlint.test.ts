import { describe, expect, test } from "vitest";
import { type SystemName, systems } from "../common/systems.ts";
import { promlint, promtoolIsThere, unlessPromtool } from "../common/testing/promtool.ts";
import { startTestStack } from "../reference-stack/testing/stack.ts";
import { replay } from "../rehearsal/exposition/testing/replay.ts";
import { hostileNames } from "../reports/testing/hostile.ts";
import { judge } from "../verdict/judge.ts";
import { healthyRun, withFault } from "../verdict/testing/record.ts";

describe.skipIf(!promtoolIsThere)(`metrics are named as Prometheus names them${unlessPromtool}`, () => {
  test("those of a run, while it goes on and when there is a verdict", async () => {
    const run = withFault(healthyRun());
    const window = { duration: "1h", ms: 3_600_000, isRolling: true };
    run.plan.budget.objectives[0]!.slo = { target: 0.99, method: "Occurrences", window };
    const measures = [{ measure: "event_age.p99", target: 12_000, unit: "ms" as const }];
    run.plan.faults[0]!.allow = { measures, forAtMostMs: 15_000 };
    const { exposition } = await replay(run);
    expect(promlint(await exposition.text())).toBe("");
    exposition.verdict(judge(run.plan, run.record));
    expect(promlint(await exposition.text())).toBe("");
  });

  test("those of a run, whatever names from outside hold", async () => {
    const run = withFault(healthyRun());
    const { plan } = run;
    const [first] = plan.budget.objectives;
    plan.budget.objectives.push(
      ...hostileNames.map(([id, title]) => ({ ...first!, id, title, phase: "baseline" as const })),
    );
    plan.scenario = plan.run = plan.faults[0]!.band = hostileNames.map(([, text]) => text).join(" ");
    const { exposition } = await replay(run);
    exposition.verdict(judge(run.plan, run.record));
    expect(promlint(await exposition.text())).toBe("");
  });

  test.each(Object.keys(systems) as SystemName[])(
    "those of every service of %s",
    async (system) => {
      await using run = await startTestStack(1, system);
      const found: Record<string, string> = {};
      for (const [service, url] of run.stack.metricsUrls)
        found[service] = promlint(await (await fetch(`${url}/metrics`)).text());
      expect(Object.keys(found).length).toBeGreaterThan(2);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((service) => [service, ""])));
    },
    60_000,
  );

  test("and promlint has a word on those that are not", () => {
    expect(promlint("# TYPE matchday_goals counter\nmatchday_goals 1\n")).toMatch(/help text|_total/);
  });
});
