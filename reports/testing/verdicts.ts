/** Verdicts to write reports of. */
import type { Verdict } from "../../verdict/contract.ts";
import { judge } from "../../verdict/judge.ts";
import { count, healthyRun, lose, stream, withFault } from "../../verdict/testing/record.ts";
import { fixtureVerdict } from "../html/fixture-verdict.ts";

export function failedVerdict(): Verdict {
  const { plan, record } = withFault(healthyRun(), [
    { id: "nothing-lost" },
    { id: "steady-within", ms: 5000 },
  ]);
  const { events, screens } = record.generators[0]!.final!.streams[stream]!;
  lose(record, { event: events[24]!, clients: 3 });
  const [right] = Object.keys(screens);
  record.generators[0]!.final!.streams[stream]!.screens = { [right!]: 998, 'FIRST_HALF <0-0> & "x"': 2 };
  count(record, "duplicate", 3, { second: 10 });
  return judge(plan, record);
}

export function passedVerdict(): Verdict {
  const { plan, record } = healthyRun();
  return judge(plan, record);
}

export function unknownVerdict(): Verdict {
  const { plan, record } = healthyRun();
  Object.assign(record.generators[0]!.final!, { skipped: 2, connected: 998 });
  return judge(plan, record);
}

/** A verdict with everything in it, whose every name and text is this one. */
export function verdictFullOf(text: string): Verdict {
  const verdict = fixtureVerdict();
  for (const row of verdict.objectives) {
    row.title = text;
    if (row.allowed) row.allowed.by = [text];
  }
  for (const budget of verdict.errorBudgets) budget.title = text;
  for (const invariant of verdict.invariants) invariant.id = invariant.title = text;
  verdict.invariants[1]!.violations = [{ what: text }];
  for (const fault of verdict.faults) {
    fault.id = fault.kind = fault.target = fault.band = text;
    for (const expectation of fault.expectations) expectation.id = expectation.observed = text;
    for (const entry of fault.allow?.measures ?? []) entry.measure = text;
  }
  for (const finding of verdict.findings) finding.title = finding.evidence = finding.remedy = text;
  verdict.journeys = {
    ...{ funnel: [], steps: [] },
    ends: [{ journey: text, end: "failed", cause: text, clients: 1 }],
  };
  verdict.untested = [text];
  verdict.sentence = verdict.scenario = verdict.design = verdict.stack = text;
  verdict.run = verdict.command = text;
  verdict.generator.reasons = [text];
  return verdict;
}
