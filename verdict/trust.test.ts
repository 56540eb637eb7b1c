import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import {
  addSamples,
  count,
  feedOf,
  finalScreenOf,
  healthyRun,
  lose,
  open,
  startAtUs,
  starve,
  stream,
  withFault,
} from "./testing/record.ts";

type Run = ReturnType<typeof healthyRun>;

const cases: { name: string; change: (run: Run) => void; reason: RegExp }[] = [
  {
    name: "release lag above a tenth of the arrival window",
    change: ({ record }) => addSamples(record, { second: 2, key: "release_lag@arrive" }, { 700: 100 }),
    reason: /load was not offered as planned: release lag p99 was 700 ms, above 500 ms.*fewer clients/,
  },
  {
    name: "clients that were never released",
    change: ({ record }) => {
      record.generators[1]!.final!.skipped = 3;
    },
    reason: /3 clients were never released/,
  },
  {
    name: "an interval in the middle missing",
    change: ({ record }) => {
      record.generators[0]!.intervals.splice(31, 2);
    },
    reason: /generator 0 has no interval 31, 32\./,
  },
  {
    name: "the last intervals missing",
    change: ({ record }) => {
      record.generators[0]!.intervals.splice(50);
    },
    reason: /generator 0 has no interval 50/,
  },
  {
    name: "no final record",
    change: ({ record }) => {
      record.generators[1]!.final = undefined;
    },
    reason: /generator 1 did not come to its end/,
  },
  {
    name: "a generator without files",
    change: ({ record }) => {
      record.generators.pop();
    },
    reason: /generator 1 left none/,
  },
  {
    name: "no histograms",
    change: ({ record }) => {
      for (const generator of record.generators) generator.hlog = [];
    },
    reason: /events were read, and no histogram/,
  },
  {
    name: "histograms under no measure's name",
    change: ({ record }) => addSamples(record, { second: 2, key: "Not A Key" }, { 7: 1 }),
    reason: /histograms are kept under "Not A Key"/,
  },
  {
    name: "files that cannot be read whole",
    change: ({ record }) => {
      record.damage = [
        { file: "crowd-0.jsonl", code: "LINE_CUT", fact: "crowd-0.jsonl ends in the middle of line 9" },
      ];
    },
    reason: /data is missing: crowd-0.jsonl ends in the middle of line 9/,
  },
  {
    name: "an interrupted run",
    change: ({ record }) => {
      record.journal.push({ atUs: startAtUs + 3e7, type: "run", state: "interrupted" });
    },
    reason: /the run was interrupted/,
  },
  {
    name: "a failed run, with its error",
    change: ({ record }) => {
      record.journal.push({ atUs: startAtUs, type: "error", code: "STACK_DIED", fact: "redis ended" });
      record.journal.push({ atUs: startAtUs, type: "run", state: "failed" });
    },
    reason: /the run failed: redis ended/,
  },
  {
    name: "a run that never started",
    change: ({ plan }) => {
      delete plan.startAtUs;
    },
    reason: /the run never started/,
  },
  {
    name: "a fault that was not healed",
    change: (run) => {
      withFault(run);
      run.record.journal = run.record.journal.filter(
        (entry) => !(entry.type === "fault" && entry.state === "healed"),
      );
    },
    reason: /fault redis-down was not healed/,
  },
  {
    name: "a fault that was not injected",
    change: (run) => {
      withFault(run);
      run.record.journal = run.record.journal.filter((entry) => entry.type !== "fault");
    },
    reason: /fault redis-down was planned and not injected/,
  },
  {
    name: "quote samples skipped",
    change: ({ record }) => {
      for (const { self } of record.generators[0]!.intervals) self.quoteSamplesSkipped = 9000;
    },
    reason: /of the quote samples \(9,000\) were not taken in time/,
  },
  {
    name: "a starved generator without kernel timestamps",
    change: (run) => {
      starve(run, [12, 13]);
      for (const { final } of run.record.generators) final!.timestamps = { kernel: 0, reader: 1000 };
    },
    reason: /short of CPU, and only 0 % of the arrivals were stamped by the kernel/,
  },
  {
    name: "connections that the kernel dropped",
    change: ({ record }) => {
      for (const atMs of [7000, 8000]) {
        record.journal.push({
          ...{ atUs: (record.journal[0]?.atUs ?? 0) + atMs * 1000, atMs, type: "machine" },
          ...{ cpuBusy: 0.5, memoryUsedBytes: 8e9, connectionTable: { max: 262_144, used: 262_144 } },
        });
      }
    },
    reason: /table of connections \(nf_conntrack\) was full for 2 seconds: connections were dropped/,
  },
  ...[
    ["connect: too many open files", /refused them 40 connections: too many open files/],
    ["connect: too many open files in system", /too many open files in system/],
    ["connect: cannot assign requested address", /refused them 40 connections: cannot assign/],
    ["request hold: can't assign requested address", /refused them 40 connections: can't assign/],
    ["connect: no buffer space available", /refused them 40 connections: no buffer space/],
  ].map(([cause, reason]) => ({
    name: `a generator that its own machine refuses connections (${cause})`,
    // Nobody got in, which would be a failure of the stack.
    change: ({ record }: Run) => {
      for (const { final } of record.generators)
        Object.assign(final!, { connected: 0, failed: 1000, errors: { [cause as string]: 20 } });
    },
    reason: reason as RegExp,
  })),
  {
    name: "clocks that disagree by more than a tenth of the smallest age target",
    change: ({ record }) => {
      record.generators[0]!.final!.clock.errorUs = 250_000;
    },
    reason: /clocks agree only within 250 ms, against a target of 2 s/,
  },
  {
    name: "nothing published",
    change: ({ record }) => {
      record.published = [];
      for (const { final } of record.generators) {
        final!.streams = {};
        final!.counters.onTime = 0;
      }
    },
    reason: /nothing was exercised: no event was published/,
  },
  {
    name: "a journal that does not tell of the end",
    change: ({ record }) => {
      record.journal = record.journal.filter((entry) => entry.type !== "run" || entry.state !== "ended");
    },
    reason: /the run did not come to its end: its journal does not tell of it/,
  },
  {
    name: "a fault that was given up half-way",
    change: (run) => {
      withFault(run);
      run.record.journal = run.record.journal.filter(
        (entry) => entry.type !== "fault" || entry.state !== "injected",
      );
      run.record.journal.push({
        ...{ atUs: startAtUs + 20_020_000, atMs: 20_020, type: "fault", id: "redis-down" },
        ...{ state: "failed", detail: "no end of it within 10 s" },
      });
      // Whatever it broke is no proof against the stack.
      addSamples(run.record, { second: 24, key: "event_age{class=goal}@fault" }, { 9000: 5000 });
      open(run.record, 0, [24, 25, 26]);
    },
    reason: /fault redis-down was injected half-way: no end of it within 10 s/,
  },
  {
    name: "a fault that was healed before it was injected",
    change: (run) => {
      withFault(run);
      for (const entry of run.record.journal) {
        if (entry.type === "fault" && entry.state === "healed") entry.atMs = 15_000;
      }
    },
    reason: /the journal contradicts itself: fault redis-down is healed before it is injecting/,
  },
  {
    name: "a fault that was injected twice",
    change: (run) => {
      withFault(run);
      const injected = run.record.journal.find(
        (entry) => entry.type === "fault" && entry.state === "injected",
      );
      run.record.journal.push(injected!);
    },
    reason: /fault redis-down is injected twice/,
  },
  {
    name: "a generator that was not planned",
    change: ({ record }) => {
      record.generators.push({ ...record.generators[0]!, generator: 2 });
    },
    reason: /generator 2 is not of this run: 2 were planned/,
  },
  {
    name: "more clients planned than generators tell of",
    change: ({ plan }) => {
      plan.clients = 4000;
    },
    reason: /generators tell of 2,000 clients, and 4,000 were planned/,
  },
  {
    name: "more clients that came than were planned",
    change: ({ record }) => {
      record.generators[0]!.final!.failed = 3;
    },
    reason: /of 1,000 clients of generator 0, 1,000 came, 3 did not, and 0 were never released/,
  },
  {
    name: "screens of a few",
    change: ({ record }) => {
      const { screens } = record.generators[1]!.final!.streams[stream]!;
      for (const screen of Object.keys(screens)) screens[screen] = 3;
    },
    reason: /generator 1 tells the screens of 3 of 1,000 clients on match:final/,
  },
  {
    name: "an event that is counted, and not told of",
    change: ({ record }) => {
      record.generators[0]!.final!.streams[stream]!.events.splice(30, 1);
    },
    reason: /generator 0 counts 60,000 first deliveries, and 59,000 event by event/,
  },
  {
    name: "a plan with other phases",
    change: ({ plan }) => {
      plan.phases = [{ name: "after", fromMs: 0, toMs: plan.durationMs }];
    },
    reason: /interval 0 of generator 0 is of phase arrive, and by the plan of after/,
  },
  {
    name: "samples of no interval",
    change: ({ record }) => addSamples(record, { second: 90, key: "connect@after" }, { 20: 7 }),
    reason: /the histogram logs hold 7 samples of no interval that the generators tell of/,
  },
  {
    name: "a goal that was planned and never published",
    change: ({ record }) => {
      const goal = record.published.find((entry) => entry.class === "goal")!;
      Object.assign(goal, { class: "odds", event: { type: "ODDS", home: 2, draw: 3, away: 4 } });
      for (const { final } of record.generators) {
        final!.streams[stream]!.screens = { [finalScreenOf(record.published)]: 1000 };
      }
    },
    reason: /not all was exercised: the goal of match:final at 8\.2 s was planned and never published/,
  },
  {
    name: "odds that were planned and never published",
    change: ({ plan }) => {
      feedOf(plan).odds = [{ stream, everyMs: 500, fromMs: 1500, toMs: 57_500, seed: 1 }];
    },
    reason: /56 of 112 odds of match:final were published/,
  },
  {
    name: "events that were published before they were due",
    change: ({ record }) => {
      for (const entry of record.published) entry.publishedAtUs -= 8_000_000;
    },
    reason:
      /the ledger contradicts the plan: the status of match:final at 500 ms and 5 more were published before/,
  },
];

test.each(cases)("unknown: $name", ({ change, reason }) => {
  const run = healthyRun();
  change(run);
  const verdict = judge(run.plan, run.record);
  expect(verdict.generator.reasons.join("\n")).toMatch(reason);
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.sentence).toMatch(/^Unknown: .+ To cure it: .+\.$/);
});

test("nobody getting in is a failure, not an unknown", () => {
  const { plan, record } = healthyRun();
  for (const { final, intervals } of record.generators) {
    Object.assign(final!, {
      connected: 0,
      failed: 1000,
      streams: {},
      counters: { ...final!.counters, onTime: 0 },
      errors: { "connect: connection refused": 4000 },
    });
    for (const { counters } of intervals) counters.open = 0;
  }
  const verdict = judge(plan, record);
  expect(verdict.verdict).toBe("fail");
  expect(verdict.sentence).toBe("Failed: Got in was 0 %, and its target is ≥ 99.99 %.");
  expect(verdict.findings[0]).toMatchObject({
    severity: "high",
    title: "2,000 clients never got a stream",
    evidence: "of 2,000 planned; causes: connect: connection refused (8,000)",
  });
});

test("what a server says in the same words, and one connection that was tried again, take no trust away", () => {
  const { plan, record } = healthyRun();
  record.generators[0]!.final!.errors = {
    "response: too many open files": 4000,
    "connect: connection refused": 4000,
    "connect: cannot assign requested address": 1,
  };
  expect(judge(plan, record).verdict).toBe("pass");
});

test("a few skipped samples, a small lag and a full second do not take trust away", () => {
  const run = healthyRun();
  starve(run, [12]);
  run.record.generators[0]!.intervals.at(-1)!.self.quoteSamplesSkipped = 5;
  addSamples(run.record, { second: 2, key: "release_lag@arrive" }, { 300: 100 });
  const verdict = judge(run.plan, run.record);
  expect(verdict).toMatchObject({
    verdict: "pass",
    generator: { saturated: false, releaseLagP99Ms: expect.closeTo(300, 0) },
  });
});

test("events that could not be judged are counted apart, and make a pass unknown, not a failure", () => {
  const run = healthyRun();
  const { events } = run.record.generators[0]!.final!.streams[stream]!;
  Object.assign(events[30]!, { onTime: 0, notJudged: events[30]!.onTime });
  count(run.record, "onTime", -1000, { second: 26 });
  count(run.record, "notJudged", 1000, { second: 26 });
  const verdict = judge(run.plan, run.record);
  expect(verdict.delivery).toMatchObject({
    expected: 119_000,
    onTime: 119_000,
    lost: 0,
    notJudged: 1000,
    ratio: 1,
  });
  expect(verdict).toMatchObject({
    verdict: "unknown",
    sentence: expect.stringMatching(/^Unknown: 1,000 events could not be judged: they carry no number/),
  });
  lose(run.record, { event: events[31]!, clients: 1 });
  expect(judge(run.plan, run.record).verdict).toBe("fail");
});
