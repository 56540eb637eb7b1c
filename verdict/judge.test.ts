import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import {
  addSamples,
  count,
  feedOf,
  finalScreenOf,
  healthyRun,
  lose,
  objective,
  open,
  removeSamples,
  smallBudget,
  startAtUs,
  starve,
  stream,
  withFault,
} from "./testing/record.ts";

const objectiveOf = (verdict: ReturnType<typeof judge>, id: string) =>
  verdict.objectives.find((candidate) => candidate.id === id)!;

test("a healthy run passes, and says so in one sentence", () => {
  const { plan, record } = healthyRun();
  const verdict = judge(plan, record);
  expect(verdict.sentence).toBe("Passed: 2,000 of 2,000 fans saw every goal within 40 ms (p99).");
  expect(verdict).toMatchObject({
    schema: "matchday.verdict/2",
    verdict: "pass",
    score: 100,
    clients: { planned: 2000, connected: 2000, failed: 0, openWithinMs: 4990, releaseLagP99Ms: 1 },
    generator: { processes: 2, bytesPerClient: 8400, saturated: false, reasons: [], kernelTimestampRatio: 1 },
  });
  expect(verdict.findings).toEqual([]);
  expect(objectiveOf(verdict, "resume.p99")).toMatchObject({
    observed: null,
    ok: null,
    errorBudgetUsed: null,
  });
});

test("the same record gives the same verdict", () => {
  const { plan, record } = withFault(healthyRun());
  const again = structuredClone(plan);
  expect(JSON.stringify(judge(plan, record))).toBe(JSON.stringify(judge(again, record)));
});

test("a pass under a fault names the fault", () => {
  const { plan, record } = withFault(healthyRun());
  expect(judge(plan, record).sentence).toBe(
    "Passed. In quiet times a goal took 40 ms (p99). While Redis was away for 10 s every target held.",
  );
});

test.each([
  ["Payment provider away", "the payment provider was away for 10 s"],
  ["Payments late by 8 s", "payments were late by 8 s for 10 s"],
  ["postgres-replica without PostgreSQL", "postgres-replica was without PostgreSQL for 10 s"],
  ["Half", "“Half” lasted for 10 s"],
])("%s, in a sentence", (band, clause) => {
  const { plan, record } = withFault(healthyRun());
  plan.faults[0]!.band = band;
  expect(judge(plan, record).sentence).toMatch(new RegExp(`\\. While ${clause} every target held\\.$`));
});

test("measures are merged over generators and phases, never averaged", () => {
  const { plan, record } = healthyRun();
  removeSamples(record, "event_age{class=goal}", () => true);
  addSamples(record, { second: 8, key: "event_age{class=goal}@baseline", generator: 0 }, { 100: 900 });
  addSamples(record, { second: 9, key: "event_age{class=goal}@baseline", generator: 1 }, { 3000: 100 });
  addSamples(record, { second: 24, key: "event_age{class=goal}@fault", generator: 1 }, { 9000: 1000 });
  const verdict = judge(plan, record);
  const baseline = verdict.phases.find(({ name }) => name === "baseline")!.measures["event_age{class=goal}"]!;
  expect(baseline.count).toBe(1000);
  expect(baseline.p50Ms).toBeCloseTo(100, 0);
  expect(baseline.p95Ms).toBeCloseTo(3000, -1);
  expect(verdict.measures["event_age{class=goal}"]!.count).toBe(2000);
  expect(verdict.measures["event_age{class=goal}"]!.p99Ms).toBeCloseTo(9000, -1);
  // Steady leaves the fault out; a tenth of the samples is beyond 2 s, of the hundredth that may be.
  const judged = objectiveOf(verdict, "event_age{class=goal}.p99");
  expect(judged.observed).toBeCloseTo(3000, -1);
  expect(judged.burn).toBeCloseTo(10, 6);
  expect(verdict.verdict).toBe("fail");
  expect(verdict.sentence).toBe("Failed: Goal age (p99) was 3 s, and its target is < 2 s (steady).");
  expect(verdict.measures.event_age!.count).toBeGreaterThan(100_000);
});

test("a key objective that was not exercised makes a pass unknown, and leaves a failure a failure", () => {
  const quiet = healthyRun();
  removeSamples(quiet.record, "event_age{class=goal}", () => true);
  const verdict = judge(quiet.plan, quiet.record);
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.sentence).toMatch(/^Unknown: key objective event_age\{class=goal\}\.p99 was not exercised/);
  expect(verdict.score).toBe(100);

  lose(quiet.record, { event: quiet.record.generators[0]!.final!.streams[stream]!.events[20]!, clients: 1 });
  expect(judge(quiet.plan, quiet.record).verdict).toBe("fail");
});

test("every objective counts, and the weight of what held is the score", () => {
  const { plan, record } = healthyRun();
  plan.budget = smallBudget();
  plan.budget.objectives.find(({ id }) => id === "event_age{class=goal}.p99")!.weight = 10;
  count(record, "duplicate", 3, { second: 22 });
  expect(judge(plan, record)).toMatchObject({
    verdict: "fail",
    score: 96,
    sentence: "Failed: Duplicates was 3, and its target is = 0 (fault).",
  });
});

test("the worst key objective is named first, and the others are counted", () => {
  const { plan, record } = healthyRun();
  plan.budget.objectives = [
    objective({ measure: "stale_odds_age.p99", title: "Odds", target: 500, key: false }),
    objective({ measure: "event_age.p99", title: "Age", target: 30 }),
    objective({ measure: "connect.p99", title: "Connect", target: 2 }),
  ];
  expect(judge(plan, record).sentence).toBe(
    "Failed: Connect was 20 ms, and its target is < 2 ms (arrive); 10 more failed.",
  );
});

test("a failure that a full machine explains is unknown; a pass on it stands", () => {
  const slow = healthyRun();
  starve(slow, [42, 43, 44]);
  const passing = judge(slow.plan, slow.record);
  expect(passing.verdict).toBe("pass");
  expect(passing.generator.saturated).toBe(true);
  expect(passing.findings.map(({ title }) => title)).toContain("This machine was full");

  addSamples(slow.record, { second: 44, key: "event_age{class=goal}@after" }, { 4000: 500 });
  const starved = judge(slow.plan, slow.record);
  expect(starved.verdict).toBe("unknown");
  expect(starved.sentence).toBe(
    "Unknown: Goal age (p99) was 4 s, and its target is < 2 s (steady); but this machine had no CPU left for stack and generators together. To cure it: use fewer clients, or a second machine for the generators.",
  );
});

test("once generators are known to suffer, a full machine explains what failed while they read in time", () => {
  const run = healthyRun();
  starve(run, [20, 21]);
  addSamples(run.record, { second: 44, key: "event_age{class=goal}@after" }, { 4000: 500 });
  expect(judge(run.plan, run.record).verdict).toBe("fail");
  run.record.journal.push({
    atUs: startAtUs + 45_000_000,
    atMs: 45_000,
    type: "machine",
    cpuBusy: 1,
    memoryUsedBytes: 8e9,
  });
  expect(judge(run.plan, run.record).verdict).toBe("unknown");
});

test("a full machine excuses neither what happened at another time, nor what delay cannot bring about", () => {
  const elsewhere = healthyRun();
  starve(elsewhere, [50, 51, 52]);
  addSamples(elsewhere.record, { second: 8, key: "event_age{class=goal}@baseline" }, { 4000: 500 });
  expect(judge(elsewhere.plan, elsewhere.record).verdict).toBe("fail");

  const misdelivered = healthyRun();
  starve(misdelivered, [42, 43, 44]);
  count(misdelivered.record, "misdelivered", 1, { second: 43 });
  expect(judge(misdelivered.plan, misdelivered.record).verdict).toBe("fail");
});

test("a broken expectation fails the run", () => {
  const { plan, record } = withFault(healthyRun(), [{ id: "clients-stay-connected", share: 0.99 }]);
  open(record, 900, [23, 24]);
  const verdict = judge(plan, record);
  expect(verdict.verdict).toBe("fail");
  expect(verdict.sentence).toBe(
    "Failed: redis-down did not keep to clients-stay-connected: 95 % at worst, at 24 s; expected 99 %.",
  );
});

test("a budget of unknown measures or invariants is refused", () => {
  const { plan, record } = healthyRun();
  plan.budget.invariants = ["no-such"];
  expect(() => judge(plan, record)).toThrow(expect.objectContaining({ code: "BUDGET_INVALID" }));
  plan.budget = { ...smallBudget(), objectives: [objective({ measure: "speed.p99" })] };
  expect(() => judge(plan, record)).toThrow(expect.objectContaining({ code: "BUDGET_INVALID" }));
});

test("a histogram log that was cut between two lines is missing data", () => {
  const { plan, record } = healthyRun();
  const { hlog } = record.generators[1]!;
  hlog.splice(hlog.length - 40);
  const verdict = judge(plan, record);
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.sentence).toMatch(
    /^Unknown: data is missing: [\d,]+ events were on time or late, and histograms tell the age of [\d,]+/,
  );
});

test("a histogram log that lacks one line, wherever, is missing data", () => {
  const { plan, record } = healthyRun();
  for (const { intervals, hlog } of record.generators) {
    for (const interval of intervals) {
      interval.samples = {};
      for (const { key, histogram } of hlog.filter(({ fromMs }) => fromMs === interval.fromMs)) {
        interval.samples[key] = (interval.samples[key] ?? 0) + histogram.totalCount;
      }
    }
  }
  expect(judge(plan, record).verdict).toBe("pass");
  const { hlog, intervals } = record.generators[1]!;
  hlog.push(hlog[9]!);
  expect(judge(plan, record).sentence).toMatch(
    /^Unknown: data is there that was not recorded: .* samples of /,
  );
  hlog.pop();
  const { samples } = intervals[3]!;
  delete intervals[3]!.samples;
  expect(judge(plan, record).sentence).toMatch(
    /^Unknown: .*interval 3 of generator 1 does not tell how many/,
  );
  intervals[3]!.samples = samples!;
  const at = hlog.findIndex(({ key, fromMs }) => key.startsWith("stale_odds_age@") && fromMs === 22_000);
  hlog.splice(at, 1);
  expect(judge(plan, record)).toMatchObject({
    verdict: "unknown",
    sentence: expect.stringMatching(
      /^Unknown: data is missing: the histogram logs hold [\d,]+ samples of stale_odds_age@fault, and [\d,]+ were recorded/,
    ),
  });
});

test("what came twice is judged where nothing was owed, too", () => {
  const { plan, record } = healthyRun();
  plan.deadlinesMs.odds = plan.deadlinesMs.status = 30_000;
  const feed = feedOf(plan);
  feed.items = feed.items.filter(({ atMs }) => atMs < 40_000);
  record.published = record.published.filter((entry) => entry.publishedAtUs < startAtUs + 30e6);
  for (const { final } of record.generators) {
    const { events } = final!.streams[stream]!;
    events.splice(record.published.length);
    final!.counters.onTime = events.reduce((sum, { onTime }) => sum + onTime, 0);
    final!.streams[stream]!.screens = { [finalScreenOf(record.published)]: 1000 };
  }
  expect(judge(plan, record).objectives.filter(({ phase }) => phase === "after")).toEqual([]);
  count(record, "duplicate", 5000, { second: 50 });
  const rows = judge(plan, record).objectives.filter(({ phase }) => phase === "after");
  expect(rows).toMatchObject([{ measure: "delivery.duplicate", observed: 5000, ok: false }]);
  expect(judge(plan, record).verdict).toBe("fail");
});
