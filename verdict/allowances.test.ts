/** What a fault may cost, and what it may not: Redis is away from 20 s to 30 s, and goals come late. */
import { expect, test } from "vitest";
import type { FaultAllowance } from "../common/experiment.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { judge } from "./judge.ts";
import type { Plan } from "./plan.ts";
import {
  addSamples,
  count,
  healthyRun,
  objective,
  open,
  removeSamples,
  startAtUs,
  stream,
  withFault,
} from "./testing/record.ts";

const goalAge = "event_age{class=goal}";

interface Run {
  plan: Plan;
  record: RunRecord;
}

/** A run with a fault, in which goals that fell while it lasted came late, in the given second, by so much. */
function lateGoals({ ageMs = 8000, second = 30 } = {}): Run {
  const run = withFault(healthyRun());
  run.plan.budget.objectives = [
    objective({ measure: `${goalAge}.p50`, title: "Goal age (p50)", target: 200 }),
    objective({ measure: `${goalAge}.p99`, title: "Goal age (p99)", target: 2000 }),
  ];
  removeSamples(run.record, goalAge, (at) => at === 24);
  addSamples(run.record, { second, key: `${goalAge}@fault` }, { [ageMs]: 2000 });
  unsteady(run, [24, 25, 26, 27, 28, 29, second]);
  return run;
}

/** Clients are away in the given seconds, so that the run is not steady in them. */
const unsteady = ({ record }: Run, seconds: readonly number[]) => open(record, 900, seconds);

const allow = (...measures: [measure: string, target: number][]): FaultAllowance => ({
  measures: measures.map(([measure, target]) => ({
    ...{ measure, target },
    unit: measure.startsWith("delivery") ? "ratio" : "ms",
  })),
  forAtMostMs: 15_000,
});

function allowing(run: Run, allowance: FaultAllowance): Run {
  run.plan.faults[0]!.allow = allowance;
  return run;
}

const outcome = ({ plan, record }: Run) => {
  const { verdict, sentence } = judge(plan, record);
  return { verdict, sentence };
};

const rowsOf = ({ plan, record }: Run, id: string) =>
  judge(plan, record)
    .objectives.filter((row) => row.id === id)
    .map(({ phase, allowed, observed, ok }) => [phase, allowed?.target, Math.round(observed!), ok]);

test("what a fault breaks without an allowance fails the run", () => {
  expect(outcome(lateGoals())).toEqual({
    verdict: "fail",
    sentence:
      "Failed: Goal age (p50) was 8 s, and its target is < 200 ms (while Redis was away); 1 more failed.",
  });
});

test("within its allowance it passes, and the sentence reads the allowance out", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
  expect(outcome(run)).toEqual({
    verdict: "pass",
    sentence:
      "Passed. In quiet times a goal took 40 ms (p99). While Redis was away for 10 s goals came up to 8 s late, within the 12 s that redis-down is allowed.",
  });
  expect(rowsOf(run, `${goalAge}.p99`)).toEqual([
    ["baseline", undefined, 40, true],
    ["fault", 12_000, 8004, true],
    ["after", undefined, 40, true],
  ]);
});

test("beyond its allowance it fails, and says what was allowed", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 7000]));
  expect(outcome(run)).toEqual({
    verdict: "fail",
    sentence:
      "Failed: Goal age (p50) was 8 s, and redis-down is allowed 7 s (while Redis was away); 1 more failed.",
  });
});

test("an allowance holds no longer than it says, healed or not, steady or not", () => {
  const late = lateGoals({ second: 36 });
  unsteady(late, [30, 31, 32, 33, 34, 35, 36]);
  const run = allowing(late, allow([`${goalAge}.p99`, 12_000]));
  expect(outcome(run).verdict).toBe("fail");
  // 15 s from the injection at 20 s: the second that begins at 35 s is the last that any of it touches.
  const inTime = lateGoals({ second: 35 });
  unsteady(inTime, [30, 31, 32, 33, 34, 35]);
  expect(outcome(allowing(inTime, allow([`${goalAge}.p99`, 12_000]))).verdict).toBe("pass");
});

test("it ends when the run is steady again, though it might hold for longer", () => {
  const run = allowing(lateGoals(), { ...allow([`${goalAge}.p99`, 12_000]), forAtMostMs: 60_000 });
  addSamples(run.record, { second: 44, key: `${goalAge}@after` }, { 3000: 500 });
  expect(outcome(run).sentence).toMatch(
    /^Failed: Goal age \(p99\) was 3 s, and its target is < 2 s \(after\)/,
  );
});

test("a fault that is not healed fails by what it breaks when its allowance is over", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
  run.record.journal = run.record.journal.filter(
    (entry) => entry.type !== "fault" || entry.state !== "healed",
  );
  expect(outcome(run)).toMatchObject({
    verdict: "unknown",
    sentence: expect.stringContaining("redis-down was not healed"),
  });
  removeSamples(run.record, goalAge, (second) => second === 43);
  addSamples(run.record, { second: 50, key: `${goalAge}@after` }, { 8000: 2000 });
  expect(outcome(run)).toMatchObject({
    verdict: "fail",
    sentence: expect.stringContaining("its target is < 200 ms (while Redis was away)"),
  });
});

test("an allowance for one class is none for another, one for all classes is, and p50 does not stand for p99", () => {
  const odds = () => allowing(lateGoals(), allow(["event_age{class=odds}.p99", 12_000]));
  expect(outcome(odds()).verdict).toBe("fail");
  expect(outcome(allowing(lateGoals(), allow(["event_age.p99", 12_000]))).verdict).toBe("pass");
  expect(outcome(allowing(lateGoals(), allow([`${goalAge}.p50`, 12_000]))).verdict).toBe("fail");
  expect(
    outcome(allowing(lateGoals(), allow([`${goalAge}.p95`, 12_000], [`${goalAge}.p99`, 3000]))).verdict,
  ).toBe("fail");
});

test("every allowance that was made use of is read out, with the largest of its samples", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000], ["stale_odds_age.p99", 6500]));
  run.plan.budget.objectives.push(objective({ measure: "stale_odds_age.p99", title: "Odds", target: 1500 }));
  // A hundredth may be older than what is allowed at p99: then it is no "up to".
  addSamples(run.record, { second: 25, key: "stale_odds_age@fault" }, { 6000: 90_000, 7000: 10 });
  expect(outcome(run).sentence).toMatch(
    /goals came up to 8 s late, within the 12 s that redis-down is allowed; and the odds shown were 6 s old \(p99; 6\.5 s allowed\)\.$/,
  );
});

test("the percentile that is named most closely is what is allowed", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p50`, 9000], [`${goalAge}.p99`, 12_000]));
  expect(rowsOf(run, `${goalAge}.p50`)[1]).toEqual(["fault", 9000, 8004, true]);
  expect(rowsOf(run, `${goalAge}.p99`)[1]).toEqual(["fault", 12_000, 8004, true]);
});

test("of faults that overlap the wider allowance holds, and only while its fault lasts", () => {
  const overlapping = (second: number) => {
    // Steady again when the feed is: only then does its allowance end before the other.
    const run = allowing(lateGoals({ ageMs: 5000, second }), allow([`${goalAge}.p99`, 4000]));
    another(run, [20_010, 26_010], allow([`${goalAge}.p99`, 6000]));
    open(run.record, 1000, [26, 27, 28]);
    return run;
  };
  expect(outcome(overlapping(25)).verdict).toBe("pass");
  expect(outcome(overlapping(25)).sentence).toContain("within the 6 s that feed-jitter is allowed");
  expect(outcome(overlapping(30))).toMatchObject({
    verdict: "fail",
    sentence: expect.stringContaining("redis-down is allowed 4 s (while Redis was away)"),
  });
});

test("a key objective that the fault phase does not exercise makes the run unknown; another is named", () => {
  const run = lateGoals();
  removeSamples(run.record, goalAge, (second) => second === 30);
  const sentence = `key objective ${goalAge}.p50 was not exercised while faults lasted (Redis away)`;
  expect(outcome(run)).toEqual({ verdict: "unknown", sentence: expect.stringContaining(sentence) });
  for (const of of run.plan.budget.objectives) of.key = false;
  expect(outcome(run).verdict).toBe("pass");
});

test("what is owed while the fault could delay it is the fault's, and lost stays none", () => {
  const lateOdds = () => {
    const run = withFault(healthyRun());
    run.plan.budget.objectives = [
      objective({ measure: "delivery.ratio", title: "On time", op: "gte", target: 0.9999, unit: "ratio" }),
      objective({ measure: "delivery.lost", title: "Lost", op: "eq", target: 0, unit: "count" }),
    ];
    for (const { final } of run.record.generators) {
      for (const event of final!.streams[stream]!.events) {
        const atMs =
          (run.record.published.find(({ seq }) => seq === event.seq)!.publishedAtUs - startAtUs) / 1000;
        if (atMs > 18_100 && atMs < 30_000) Object.assign(event, { onTime: 0, late: event.onTime });
      }
    }
    unsteady(run, [24, 29, 30]);
    return run;
  };
  expect(outcome(lateOdds()).sentence).toContain("On time was 6.6 %, and its target is ≥ 99.99 %");
  const run = allowing(lateOdds(), allow(["delivery.ratio", 0]));
  expect(outcome(run)).toMatchObject({
    verdict: "pass",
    sentence: expect.stringContaining(
      "6.6 % of what was owed was on time, and redis-down is allowed as little as 0 %",
    ),
  });
  const { events } = run.record.generators[0]!.final!.streams[stream]!;
  const inFault = run.record.published.find(({ publishedAtUs }) => publishedAtUs > startAtUs + 24_000_000)!;
  events.find(({ seq }) => seq === inFault.seq)!.late -= 1;
  count(run.record, "onTime", -1, { second: 24 });
  expect(outcome(run).sentence).toContain("Lost was 1, and its target is = 0 (while Redis was away)");
});

test("a budget may allow what the experiment does not, by the fault's id or its kind, and has the last word", () => {
  const run = lateGoals();
  run.plan.budget.allowances = [{ fault: "redis-down", ...allow([`${goalAge}.p99`, 12_000]) }];
  expect(outcome(run).verdict).toBe("pass");
  allowing(run, allow([`${goalAge}.p99`, 12_000]));
  run.plan.budget.allowances = [{ fault: "redis-down", ...allow([`${goalAge}.p99`, 5000]) }];
  expect(outcome(run).verdict).toBe("fail");
});

test("phases, faults and untested objectives are in the score, and untested ones count as failed where a budget says so", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
  run.plan.budget.objectives.push(objective({ measure: "resume.p99", key: false }));
  expect(judge(run.plan, run.record)).toMatchObject({ score: 100, untested: ["resume.p99"] });
  run.plan.budget.untested = "fail";
  // Three phases of two objectives, three invariants, and one that nothing exercised.
  expect(judge(run.plan, run.record)).toMatchObject({ verdict: "pass", score: 90 });
});

test("of a fault in which no objective was judged nothing is said to have held", () => {
  const run = withFault(healthyRun());
  run.plan.budget = {
    ...run.plan.budget,
    objectives: [objective({ measure: `${goalAge}.p99`, phase: "steady", title: "Goal age" })],
  };
  expect(outcome(run).sentence).toBe(
    "Passed. In quiet times a goal took 40 ms (p99). While Redis was away for 10 s no target was judged.",
  );
});

/** A second fault, of payments that nobody here asks for, in the given seconds. */
function another(run: Run, [fromMs, toMs]: readonly [number, number], allowance?: FaultAllowance): Run {
  const [first] = run.plan.faults;
  run.plan.faults.push({
    ...{
      ...first!,
      id: "feed-jitter",
      kind: "feed-jitter",
      band: "Feed late",
      atMs: fromMs,
      forMs: toMs - fromMs,
    },
    ...(allowance ? { allow: allowance } : { allow: undefined as never }),
  });
  for (const [state, atMs] of [
    ["injecting", fromMs],
    ["injected", fromMs],
    ["healed", toMs],
  ] as const)
    run.record.journal.push({ atUs: startAtUs + atMs * 1000, atMs, type: "fault", id: "feed-jitter", state });
  return run;
}

test("a key objective has to be seen under each fault, and not under any of them", () => {
  const run = another(allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000])), [46_000, 48_000]);
  expect(outcome(run)).toEqual({
    verdict: "unknown",
    sentence: expect.stringContaining(
      `key objective ${goalAge}.p50 was not exercised while faults lasted (Feed late)`,
    ),
  });
});

test("slices have to be seen under a fault, too", () => {
  const run = withFault(healthyRun());
  const slices = { target: 0.5, method: "Timeslices", sliceTarget: 0.5, sliceMs: 10_000 } as const;
  run.plan.budget.objectives = [
    objective({
      ...{ id: "goals", measure: `${goalAge}.p50`, op: "gte", target: 0.5, unit: "ratio" },
      slo: { ...slices, threshold: { op: "lt", value: 2000 } },
    }),
  ];
  expect(outcome(run).verdict).toBe("pass");
  removeSamples(run.record, goalAge, (second) => second === 24);
  expect(outcome(run).sentence).toContain(
    "key objective goals was not exercised while faults lasted (Redis away)",
  );
});

test("a key objective that only faults exercise says nothing of quiet times", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
  removeSamples(run.record, goalAge, (second) => second === 8 || second === 43);
  expect(outcome(run)).toEqual({
    verdict: "unknown",
    sentence: expect.stringContaining(`key objective ${goalAge}.p50 was not exercised in quiet times`),
  });
  // Nobody resumes as long as all is well.
  run.plan.budget.objectives = [objective({ measure: "resume.p99", target: 6500 })];
  addSamples(run.record, { second: 24, key: "resume@fault" }, { 400: 100 });
  expect(outcome(run).verdict).toBe("pass");
});

test("what was late before a fault began is not the fault's, though it came in the same second", () => {
  const inSecondOfInjection = (ageMs: number) => {
    const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
    for (const entry of run.record.journal) {
      if (entry.type === "fault" && entry.state.startsWith("inject")) entry.atMs = 20_400;
    }
    addSamples(run.record, { second: 20, key: `${goalAge}@baseline` }, { [ageMs]: 2000 });
    return run;
  };
  // 0.6 s of the second were left, and 2 s are on time.
  expect(outcome(inSecondOfInjection(2500)).verdict).toBe("pass");
  expect(rowsOf(inSecondOfInjection(9000), `${goalAge}.p99`)).toContainEqual([
    "baseline",
    undefined,
    9003,
    false,
  ]);
  expect(outcome(inSecondOfInjection(9000)).verdict).toBe("fail");
});

test("a fault acts from when its injection begins", () => {
  const run = allowing(lateGoals({ second: 16, ageMs: 3000 }), allow([`${goalAge}.p99`, 12_000]));
  expect(outcome(run).verdict).toBe("fail");
  for (const entry of run.record.journal) {
    if (entry.type === "fault" && entry.state === "injecting") entry.atMs = 15_500;
  }
  expect(outcome(run).verdict).toBe("pass");
});

test("without a baseline nobody knows what steady is", () => {
  const run = allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000]));
  run.plan.faults[0]!.expect = [{ id: "steady-within", ms: 5000 }];
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: true });
  removeSamples(run.record, "stale_odds_age", (second) => second < 20);
  expect(judge(run.plan, run.record).faults[0]).toMatchObject({
    steadyAfterMs: null,
    expectations: [{ ok: null, observed: "no second of a baseline says what steady is" }],
  });
});

test("a fault inside another is not said to have kept every target", () => {
  const run = another(allowing(lateGoals(), allow([`${goalAge}.p99`, 12_000])), [22_000, 31_000]);
  for (const of of run.plan.budget.objectives) of.key = false;
  expect(outcome(run).sentence).toContain(
    "While Feed was late for 9 s every target held but for what redis-down is allowed.",
  );
});

const onTime = objective({
  ...{ measure: "delivery.ratio", title: "On time", op: "gte", target: 0.9999, unit: "ratio" },
});

/** Every event that was published in these seconds came late, or never. */
function spoil(run: Run, [fromMs, toMs]: readonly [number, number], how: "late" | "lost" = "late"): Run {
  for (const { final } of run.record.generators) {
    for (const event of final!.streams[stream]!.events) {
      const { publishedAtUs } = run.record.published.find(({ seq }) => seq === event.seq)!;
      const atMs = (publishedAtUs - startAtUs) / 1000;
      if (atMs < fromMs || atMs >= toMs) continue;
      final!.counters.onTime -= event.onTime;
      Object.assign(event, { onTime: 0, late: how === "late" ? event.onTime : 0 });
    }
  }
  return run;
}

test("the allowance of a fault that is healed excuses nothing of another that lasts", () => {
  const run = withFault(healthyRun());
  run.plan.budget.objectives = [onTime];
  for (const entry of run.record.journal) {
    if (entry.type === "fault" && entry.state.startsWith("heal")) entry.atMs! += 15_000;
  }
  spoil(run, [29_000, 45_000]);
  unsteady(run, [26, 27, 28, 29, ...Array.from({ length: 16 }, (_, index) => 30 + index)]);
  expect(outcome(run).verdict).toBe("fail");
  another(run, [26_000, 28_000], allow(["delivery.ratio", 0]));
  run.plan.faults.at(-1)!.allow!.forAtMostMs = 30_000;
  expect(outcome(run)).toEqual({
    verdict: "unknown",
    sentence: expect.stringContaining(
      "delivery.ratio was missed after Feed late, within what that is allowed, while another fault lasted: it may be of either",
    ),
  });
});

test("a fault that cost little makes up for none that cost much", () => {
  const run = spoil(withFault(healthyRun()), [20_010, 26_000]);
  run.plan.budget.objectives = [{ ...onTime, target: 0.7 }];
  expect(outcome(run).verdict).toBe("fail");
  expect(outcome(another(run, [42_000, 56_000])).verdict).toBe("fail");
});

test("what only breaks while two faults last that are both to keep it is not known to be of neither", () => {
  const run = withFault(healthyRun(), [{ id: "nothing-lost" }]);
  run.plan.budget.objectives = [{ ...onTime, key: false, target: 0.1 }];
  another(run, [27_000, 33_000]);
  spoil(run, [28_400, 29_400], "lost");
  expect(outcome(run)).toEqual({
    verdict: "unknown",
    sentence: expect.stringContaining("redis-down could not be held to nothing-lost"),
  });
  run.plan.faults[1]!.expect = [];
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]!.ok).toBe(true);
});

test("what was on its way when a fault began can be lost by it", () => {
  const run = spoil(withFault(healthyRun(), [{ id: "nothing-lost" }]), [19_400, 19_600], "lost");
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: false });
});

test("an objective of quiet times says nothing of a run that was never steady again", () => {
  const run = withFault(healthyRun());
  run.plan.budget.objectives = [{ ...onTime, phase: "steady" }];
  unsteady(
    run,
    Array.from({ length: 40 }, (_, index) => 20 + index),
  );
  expect(outcome(run).sentence).toContain(
    "key objective delivery.ratio is about quiet times, and the run was not steady again after Redis away",
  );
});

test("who never came back is in no percentile, and is told", () => {
  const run = withFault(healthyRun());
  run.plan.budget.objectives = [objective({ measure: "resume.p99", target: 6500 })];
  addSamples(run.record, { second: 24, key: "resume@fault" }, { 400: 10 });
  expect(outcome(run).verdict).toBe("pass");
  run.record.generators[0]!.final!.errors["resume: not caught up at the end"] = 995;
  expect(outcome(run).sentence).toContain(
    "resume.p99 is that of 10 clients, and 995 more were not caught up at the end",
  );
});

test("steady is as in the baseline, also for who is away and what is late", () => {
  const run = withFault(healthyRun(), [{ id: "steady-within", ms: 5000 }]);
  const { intervals } = run.record.generators[0]!;
  for (const { index, counters } of intervals) {
    counters.late = index;
    if (index > 5) counters.open -= 2;
  }
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: true });
  for (const { index, counters } of intervals) if (index >= 31) counters.open -= 4;
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: false });
});
