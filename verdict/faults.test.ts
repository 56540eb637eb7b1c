import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import {
  addSamples,
  count,
  healthyRun,
  lose,
  open,
  removeSamples,
  stream,
  withFault,
} from "./testing/record.ts";

/** Stale odds from 20 s until `until`, as an outage makes them. */
function staleUntil({ record }: ReturnType<typeof healthyRun>, until: number): void {
  removeSamples(record, "stale_odds_age", (second) => second >= 20 && second < until);
  for (let second = 20; second < until; second++) {
    const phase = second < 30 ? "fault" : second < 40 ? "recovery" : "after";
    for (const generator of [0, 1]) {
      addSamples(
        record,
        { second, generator, key: `stale_odds_age@${phase}` },
        { [(second - 19) * 1000]: 4000 },
      );
    }
  }
}

test("a fault is detected by the crowd's figures, and steady again three seconds in a row", () => {
  const run = withFault(healthyRun(), [
    { id: "steady-within", ms: 5000 },
    { id: "nothing-lost" },
    { id: "clients-stay-connected", share: 0.999 },
  ]);
  staleUntil(run, 32);
  count(run.record, "late", 10, { second: 33 }); // breaks the row at 33 s
  const [fault] = judge(run.plan, run.record).faults;
  expect(fault).toEqual({
    id: "redis-down",
    kind: "redis-down",
    target: "all Redis legs",
    band: "Redis away",
    fromMs: 20_010,
    toMs: 30_020,
    // The first second with quotes older than half as much again as in the baseline is over then.
    detectedAfterMs: 990,
    injected: true,
    steadyAfterMs: 34_000 - 30_020,
    healed: true,
    allow: null,
    expectations: [
      { id: "steady-within", ok: true, observed: "steady 3.98 s after the heal; expected within 5 s" },
      { id: "nothing-lost", ok: true, observed: "0 lost of 36,000 owed" },
      { id: "clients-stay-connected", ok: true, observed: "100 % at worst, at 21 s; expected 99.9 %" },
    ],
  });
});

test("the stack's own figures detect it sooner", () => {
  const run = withFault(healthyRun());
  staleUntil(run, 31);
  run.record.stack.push(
    { atMs: 20_000, part: "edge-1", kind: "edge", up: true, redisUp: 1 },
    { atMs: 20_500, part: "edge-1", kind: "edge", up: true, redisUp: 0 },
  );
  expect(judge(run.plan, run.record).faults[0]!.detectedAfterMs).toBe(490);
});

test("clients that drop are a sign; what was down before is none", () => {
  const run = withFault(healthyRun());
  run.record.stack.push(
    { atMs: 19_000, part: "edge-2", kind: "edge", up: false },
    { atMs: 21_000, part: "edge-2", kind: "edge", up: false },
  );
  expect(judge(run.plan, run.record).faults[0]!.detectedAfterMs).toBeNull();
  open(run.record, 500, [22, 23, 24]);
  expect(judge(run.plan, run.record).faults[0]!.detectedAfterMs).toBe(2990);
});

test("a fault without a mark is a finding, and steady at once", () => {
  const run = withFault(healthyRun());
  const verdict = judge(run.plan, run.record);
  expect(verdict.faults[0]).toMatchObject({ detectedAfterMs: null, steadyAfterMs: 0 });
  expect(verdict.findings.map(({ title }) => title)).toEqual(["No sign of: Redis away"]);
});

test("never steady again: the expectation fails, and the finding shows where to look", () => {
  const run = withFault(healthyRun(), [{ id: "steady-within", ms: 10_000 }]);
  staleUntil(run, 60);
  const verdict = judge(run.plan, run.record);
  expect(verdict.faults[0]).toMatchObject({
    steadyAfterMs: null,
    expectations: [{ ok: false, observed: "not steady until the end of the run; expected within 10 s" }],
  });
  expect(verdict.verdict).toBe("fail");
  expect(verdict.findings.find(({ title }) => title.startsWith("Not steady again"))).toMatchObject({
    severity: "high",
    when: { fromMs: 30_020, toMs: 60_000 },
  });
});

test("a run that ends too soon after the heal says nothing about the recovery", () => {
  const run = withFault(healthyRun(), [{ id: "steady-within", ms: 40_000 }]);
  staleUntil(run, 60);
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: null });
});

test("what is lost while clients come back counts against nothing-lost", () => {
  const run = withFault(healthyRun(), [{ id: "nothing-lost" }]);
  const { published, generators } = run.record;
  const lostAtUs = run.plan.startAtUs! + 31_500_000;
  const { seq } = published.find(({ publishedAtUs }) => publishedAtUs === lostAtUs)!;
  const events = generators[0]!.final!.streams[stream]!.events;
  lose(run.record, { event: events.find((event) => event.seq === seq)!, clients: 2 });
  expect(judge(run.plan, run.record).faults[0]!.expectations[0]).toMatchObject({ ok: false });
});
