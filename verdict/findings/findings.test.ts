import { expect, test } from "vitest";
import type { PartFigures } from "../../common/records.ts";
import { judge } from "../judge.ts";
import {
  addSamples,
  count,
  healthyRun,
  lose,
  objective,
  removeSamples,
  startAtUs,
  starve,
  stream,
  withFault,
} from "../testing/record.ts";

type Run = ReturnType<typeof healthyRun>;
const findingsOf = ({ plan, record }: Run) => judge(plan, record).findings;
const titled = (run: Run, title: RegExp) => findingsOf(run).find((finding) => title.test(finding.title));
const edge = (part: string, figures: Partial<PartFigures>): PartFigures => ({
  atMs: 50_000,
  part,
  kind: "edge",
  up: true,
  ...figures,
});

test("a healthy run has none", () => {
  expect(findingsOf(healthyRun())).toEqual([]);
});

test("lost events: which, to how many, and when", () => {
  const run = withFault(healthyRun());
  const events = run.record.generators[0]!.final!.streams[stream]!.events;
  lose(run.record, { event: events[24]!, clients: 3 });
  lose(run.record, { event: events[25]!, clients: 4 });
  run.record.anomalies.push({ kind: "lost", client: 12, stream, seq: 25, atMs: 25_000 });
  expect(findingsOf(run)[0]).toEqual({
    severity: "high",
    title: "7 deliveries lost for good",
    evidence:
      "2 events published from 23.5 s to 24.2 s; the worst is match:final 26 (goal), lost to 4 of 2,000 clients; for one, client 12 never got match:final 25",
    when: { fromMs: 23_500, toMs: 25_200 },
    remedy: expect.stringContaining("redis-down"),
  });
});

test("accept queues that were full: how often, and when", () => {
  const run = healthyRun();
  for (const [atMs, listenOverflows] of [
    [4000, 12],
    [5000, 30],
    [6000, undefined],
  ] as const) {
    run.record.journal.push({
      ...{ atUs: startAtUs + atMs * 1000, atMs, type: "machine", cpuBusy: 0.5, memoryUsedBytes: 8e9 },
      ...(listenOverflows && { listenOverflows }),
    });
  }
  expect(titled(run, /full queue/)).toMatchObject({
    severity: "medium",
    title: "42 attempts to connect found a full queue",
    evidence: "listeners on this machine had no room for them in 2 seconds; 30 in the worst",
    when: { fromMs: 3000, toMs: 5000 },
  });
});

test("disorder: how often, when, and one that shows it", () => {
  const run = healthyRun();
  count(run.record, "reordered", 2, { second: 31 });
  run.record.anomalies.push({ kind: "reordered", client: 3, stream, seq: 9, atMs: 31_000 });
  expect(titled(run, /out of order/)).toMatchObject({
    severity: "medium",
    title: "2 events delivered out of order",
    evidence: "in 1 second of the run; for one, match:final 9 at client 3",
    when: { fromMs: 31_000, toMs: 32_000 },
  });
});

test("ages that grew under a fault, from when to when", () => {
  const run = withFault(healthyRun());
  removeSamples(run.record, "stale_odds_age", (second) => second >= 22 && second < 25);
  for (const second of [22, 23, 24])
    addSamples(run.record, { second, key: "stale_odds_age@fault" }, { 3000: 8000 });
  expect(titled(run, /^Stale-odds age grew/)).toMatchObject({
    severity: "medium",
    title: "Stale-odds age grew from 600 ms to 3 s (p99) under: Redis away",
    evidence: "above 1.2 s in 3 seconds, from 22 s to 25 s",
    when: { fromMs: 22_000, toMs: 25_000 },
  });
  expect(titled(run, /^Event age grew/)).toBeUndefined();
});

test("an edge whose loop hangs", () => {
  const run = healthyRun();
  run.record.stack.push(
    edge("edge-1", { eventLoopLagP99Ms: 640, atMs: 43_000 }),
    edge("edge-2", { eventLoopLagP99Ms: 20 }),
  );
  expect(titled(run, /Event loop/)).toMatchObject({
    severity: "high",
    title: "Event loop of edge-1 hung for up to 640 ms",
    when: { fromMs: 41_000, toMs: 45_000 },
  });
});

test("a backlog, and clients cut over that do not read slowly", () => {
  const run = healthyRun();
  run.record.stack.push(edge("edge-1", { backlogBytes: 64 * 1024 * 1024, slowClients: 12 }));
  expect(titled(run, /held back/)!.title).toBe("edge-1 held back up to 64 MiB for slow clients");
  expect(titled(run, /cut over/)!.title).toBe("12 clients cut over as slow, and only 0 read slowly");
});

test("clients that came back unevenly after a fault", () => {
  const run = withFault(healthyRun());
  run.record.stack.push(edge("edge-1", { connections: 1900 }), edge("edge-2", { connections: 100 }));
  expect(titled(run, /unevenly/)).toMatchObject({
    title: "Clients came back unevenly: edge-1 holds 95 % of them",
    evidence: "at 50 s edge-1 holds 1,900 and edge-2 100; a fair share is 1,000",
  });
  run.record.stack.splice(0, 2, edge("edge-1", { connections: 1100 }), edge("edge-2", { connections: 900 }));
  expect(titled(run, /unevenly/)).toBeUndefined();
});

test("a target that is nearly used up", () => {
  const run = healthyRun();
  run.plan.budget.objectives = [
    objective({ measure: "connect.p99", title: "Connect", phase: "arrive", target: 24 }),
    objective({ measure: "first_event.p99", title: "First", phase: "arrive", target: 240 }),
  ];
  expect(findingsOf(run)).toMatchObject([
    { severity: "low", title: "Connect is near its target", when: { fromMs: 0, toMs: 5000 } },
  ]);
});

test("a part that went down by itself, and errors of the run", () => {
  const run = healthyRun();
  run.record.journal.push(
    {
      atUs: startAtUs + 30e6,
      atMs: 30_000,
      type: "part",
      part: "edge-2",
      state: "down",
      planned: false,
      detail: "SIGSEGV",
    },
    { atUs: startAtUs + 33e6, atMs: 33_000, type: "part", part: "edge-2", state: "up", planned: false },
    { atUs: startAtUs + 20e6, atMs: 20_000, type: "part", part: "edge-1", state: "down", planned: true },
    { atUs: startAtUs + 34e6, atMs: 34_000, type: "error", code: "SAMPLE_LATE", fact: "a sample took 2 s" },
  );
  expect(findingsOf(run)).toMatchObject([
    {
      severity: "high",
      title: "edge-2 went down by itself",
      evidence: "at 30 s: SIGSEGV",
      when: { fromMs: 30_000, toMs: 33_000 },
    },
    { severity: "medium", title: "The run met an error: SAMPLE_LATE", evidence: "a sample took 2 s" },
  ]);
});

test("attempts that failed while nothing was broken; in a fault they belong to it", () => {
  const run = withFault(healthyRun());
  count(run.record, "connectErrors", 7, { second: 24 });
  expect(titled(run, /Attempts/)).toBeUndefined();
  count(run.record, "connectErrors", 7, { second: 3 });
  run.record.generators[0]!.final!.errors = { "connect: connection refused": 14 };
  expect(titled(run, /Attempts/)).toMatchObject({
    evidence: "in 1 second from 3 s; causes: connect: connection refused (14)",
    when: { fromMs: 3000, toMs: 4000 },
  });
});

test("clients that never got a stream, as the crowd counts them", () => {
  const run = healthyRun();
  run.record.generators[0]!.final!.failed = 2;
  expect(titled(run, /never got/)).toMatchObject({ severity: "high", title: "2 clients never got a stream" });
});

test("the instrument on itself: late reading, missing kernel timestamps, a full machine", () => {
  const late = healthyRun();
  addSamples(late.record, { second: 43, key: "read_lag@after" }, { 300: 50_000 });
  expect(titled(late, /read late/)).toMatchObject({
    severity: "low",
    when: { fromMs: 43_000, toMs: 44_000 },
  });

  const blind = healthyRun();
  blind.record.generators[0]!.final!.timestamps = { kernel: 0, reader: 60_000 };
  expect(titled(blind, /stamped by the kernel/)!.title).toBe(
    "Only 50 % of arrivals were stamped by the kernel",
  );

  const full = healthyRun();
  starve(full, [42, 43]);
  expect(titled(full, /was full/)).toMatchObject({ when: { fromMs: 42_000, toMs: 44_000 } });
});
