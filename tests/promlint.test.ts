/** What Prometheus' own linter says of what a run tells it. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { replay } from "../rehearsal/exposition/testing/replay.ts";
import { hostileNames } from "../reports/testing/hostile.ts";
import { judge } from "../verdict/judge.ts";
import type { Plan } from "../verdict/plan.ts";
import { healthyPresale } from "../verdict/testing/presale-record.ts";
import { healthyRun, withFault } from "../verdict/testing/record.ts";

/** A gauge of percentiles says which by the label that dashboards know from summaries, though it is none. */
const known =
  /^matchday_stale_odds_age_quantile_seconds non-summary metrics should not have "quantile" label$/;

/** What promtool says of it; nothing: clean. */
function lint(text: string): string[] {
  const { stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
    timeout: 60_000,
  });
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "" && !known.test(line));
}

const there = spawnSync("promtool", ["--version"]).status === 0;
const unless = there ? "" : " (skipped: there is no promtool)";

/** All that is told in the end. */
async function toldOf(run: { plan: Plan; record: Parameters<typeof judge>[1] }): Promise<string> {
  const { exposition } = await replay(run);
  exposition.verdict(judge(run.plan, run.record));
  return exposition.text();
}

function faulty() {
  const run = withFault(healthyRun());
  run.plan.faults[0]!.allow = {
    measures: [{ measure: "event_age.p99", target: 12_000, unit: "ms" }],
    forAtMostMs: 15_000,
  };
  return run;
}

/** Names from outside, as many as there is room for. */
function hostile() {
  const run = faulty();
  const { plan } = run;
  const [first] = plan.budget.objectives;
  plan.budget.objectives.push(
    ...hostileNames.map(([id, title]) => ({ ...first!, id, title, phase: "baseline" as const })),
  );
  plan.scenario = plan.run = plan.faults[0]!.band = hostileNames.map(([, text]) => text).join(" ");
  return run;
}

test.skipIf(!there).each([
  ["live scores", faulty],
  ["a presale", healthyPresale],
  ["hostile names", hostile],
])(`promtool has nothing to say of %s${unless}`, async (_, run) => {
  expect(lint(await toldOf(run()))).toEqual([]);
});

test.skipIf(!there)(`promtool sees what is wrong${unless}`, () => {
  expect(lint("# TYPE a counter\na 1\n").join()).toContain("a ");
  expect(lint('a{b="c\n"} 1\n')).not.toEqual([]);
});
