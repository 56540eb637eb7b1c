/** A made-up run for tests: healthy in every count, until a test breaks what it is about. */
import { build, type Histogram } from "hdr-histogram-js";
import type { FeedScript } from "../../common/match-day.ts";
import type { CrowdCounters, CrowdFinal, PublishedEvent, StreamFinal } from "../../common/records.ts";
import type { GeneratorRecord, RunRecord } from "../../measurements/run-record.ts";
import { noCounters } from "../../measurements/testing/counters.ts";
import type { Budget, Objective, SloWindow } from "../contract.ts";
import { phaseAt } from "../phases.ts";
import type { Plan } from "../plan.ts";
import { finalScreenOf, leaveAtMs, ledger, phases, startAtUs, story, stream } from "./story.ts";

export { finalScreenOf, leaveAtMs, startAtUs, stream } from "./story.ts";

const made = new Map<string, Histogram>();

/** Milliseconds → how many samples of them. Runs are built from few distinct ones, so each is made once, and only read. */
export function samplesOf(samples: Readonly<Record<number, number>>): Histogram {
  const name = JSON.stringify(samples);
  const known = made.get(name);
  if (known) return known;
  const highestTrackableValue = Math.max(4, ...Object.keys(samples).map((ms) => Number(ms) * 2000));
  const histogram = build({ highestTrackableValue, numberOfSignificantValueDigits: 3 });
  for (const [ms, amount] of Object.entries(samples)) {
    histogram.recordValueWithCount(Math.round(Number(ms) * 1000), amount);
  }
  made.set(name, histogram);
  return histogram;
}

/** Adds samples to one second of one generator. */
export function addSamples(
  record: RunRecord,
  at: { second: number; key: string; generator?: number },
  samples: Readonly<Record<number, number>>,
): void {
  record.generators[at.generator ?? 0]!.hlog.push({
    fromMs: at.second * 1000,
    toMs: at.second * 1000 + 1000,
    key: at.key,
    histogram: samplesOf(samples),
  });
}

/** Takes all samples of a measure out of some seconds, so that others can be put in; events are counted no more, either. */
export function removeSamples(record: RunRecord, name: string, seconds: (second: number) => boolean): void {
  for (const [index, generator] of record.generators.entries()) {
    const goes = ({ key, fromMs }: GeneratorRecord["hlog"][number]) =>
      key.startsWith(name) && seconds(fromMs / 1000);
    for (const { key, fromMs, histogram } of generator.hlog.filter(goes)) {
      if (!key.startsWith("event_age")) continue;
      const at = { second: fromMs / 1000, generator: index };
      count(record, "onTime", -histogram.totalCount, at);
      count(record, "events", -histogram.totalCount, at);
    }
    generator.hlog = generator.hlog.filter((entry) => !goes(entry));
  }
}

/** Adds to a cumulative counter of one generator, from one second on until the end. */
export function count(
  record: RunRecord,
  field: keyof CrowdCounters,
  amount: number,
  { second, generator = 0 }: { second: number; generator?: number },
): void {
  const { intervals, final } = record.generators[generator]!;
  for (const interval of intervals)
    if (interval.index >= second) interval.counters[field] = (interval.counters[field] ?? 0) + amount;
  if (final) final.counters[field] = (final.counters[field] ?? 0) + amount;
}

/** So many clients of one generator never got an event that they had in time. */
export function lose(
  record: RunRecord,
  {
    generator = 0,
    event,
    clients,
  }: { generator?: number; event: StreamFinal["events"][number]; clients: number },
): void {
  event.onTime -= clients;
  count(record, "onTime", -clients, { second: 0, generator });
}

/** Sets clients open in some seconds, of one generator. */
export function open(record: RunRecord, clients: number, seconds: readonly number[], generator = 0): void {
  for (const interval of record.generators[generator]!.intervals) {
    if (seconds.includes(interval.index)) interval.counters.open = clients;
  }
}

/** Half of the clients come before the fifth event. */
const lateComersFrom = 4;

function healthyGenerator(generator: number, clients: number, published: PublishedEvent[]): GeneratorRecord {
  const counters = noCounters();
  const result: GeneratorRecord = { generator, intervals: [], hlog: [], final: undefined };
  const early = Math.floor(clients / 2);
  const owed = (seq: number) => (seq > lateComersFrom ? clients : early);
  for (let second = 0; second < leaveAtMs / 1000; second++) {
    const fromMs = second * 1000;
    const phase = phaseAt(phases, fromMs);
    const arrived = Math.floor((clients * Math.min(5, second + 1)) / 5);
    const put = (key: string, ms: number, amount: number) => {
      if (amount === 0) return;
      result.hlog.push({
        fromMs,
        toMs: fromMs + 1000,
        key: `${key}@${phase}`,
        histogram: samplesOf({ [ms]: amount }),
      });
    };
    put("connect", 20, arrived - counters.connected);
    put("first_event", 30, arrived - counters.connected);
    put("release_lag", 1, arrived - counters.connected);
    put("stale_odds_age", 600, arrived * 4);
    for (const entry of published) {
      const atMs = (entry.publishedAtUs - startAtUs) / 1000;
      if (Math.floor(atMs / 1000) !== second) continue;
      put(`event_age{class=${entry.class}}`, 40, owed(entry.seq));
      put("read_lag", 2, owed(entry.seq));
      counters.events += owed(entry.seq);
      counters.onTime += owed(entry.seq);
    }
    counters.planned = counters.open = counters.connected = arrived;
    counters.bytes = counters.events * 200;
    result.intervals.push({
      generator,
      index: second,
      fromMs,
      toMs: fromMs + 1000,
      phase,
      counters: { ...counters },
      self: {
        cpuUs: second * 10_000,
        rssBytes: 60_000_000,
        heapBytes: 30_000_000,
        gcPauseUs: 0,
        gcCount: 0,
        goroutines: arrived,
        quoteSamplesSkipped: 0,
      },
    });
  }
  const final: CrowdFinal = {
    generator,
    planned: clients,
    connected: clients,
    failed: 0,
    skipped: 0,
    openWithinMs: 4990,
    baseRssBytes: 40_000_000,
    bytesPerClient: 8400,
    cpuUsPerOpen: 120,
    cpuUsPerEvent: 9,
    timestamps: { kernel: counters.events, reader: 0 },
    clock: { offsetUs: 3, errorUs: 40 },
    errors: {},
    streams: {
      [stream]: {
        cohorts: [
          { fromSeq: 0, leaveMs: leaveAtMs, slow: false, clients: early },
          { fromSeq: lateComersFrom, leaveMs: leaveAtMs, slow: false, clients: clients - early },
        ],
        events: published.map(({ seq }) => ({ seq, onTime: owed(seq), late: 0, recovered: 0 })),
        screens: { [finalScreenOf(published)]: clients },
        slowScreens: {},
      },
    },
    counters: { ...counters },
  };
  return { ...result, final };
}

export function objective(fields: Partial<Objective> & Pick<Objective, "measure">): Objective {
  return {
    id: fields.measure,
    title: fields.measure,
    phase: "all",
    op: "lt",
    target: 2000,
    unit: "ms",
    key: true,
    weight: 1,
    ...fields,
  };
}

const anHour: SloWindow = { duration: "1h", ms: 3_600_000, isRolling: true };

/** The laptop's budget in short. */
export function smallBudget(): Budget {
  return {
    id: "small",
    title: "Small",
    objectives: [
      objective({
        measure: "event_age{class=goal}.p99",
        title: "Goal age (p99)",
        phase: "steady",
        slo: { target: 0.99, method: "Occurrences", window: anHour },
      }),
      objective({
        measure: "delivery.ratio",
        title: "On time",
        phase: "steady",
        op: "gte",
        target: 0.9999,
        unit: "ratio",
        slo: { target: 0.9999, method: "Occurrences", window: anHour },
      }),
      objective({ measure: "delivery.lost", title: "Lost", op: "eq", target: 0, unit: "count" }),
      objective({
        measure: "delivery.duplicate",
        title: "Duplicates",
        op: "eq",
        target: 0,
        unit: "count",
        key: false,
      }),
      objective({
        measure: "clients.connectedRatio",
        title: "Got in",
        op: "gte",
        target: 0.9999,
        unit: "ratio",
      }),
      objective({ measure: "resume.p99", title: "Resume (p99)", target: 6500, key: false }),
    ],
    invariants: ["final-screen", "ledger-contiguous", "nothing-misdelivered"],
  };
}

/** What the vendor was to say in a run of live scores. */
export function feedOf({ system }: Plan): FeedScript {
  if (system.id !== "live-scores") throw new Error(`${system.id} has no feed`);
  return system.script;
}

/** A run in which everything went well: 60 s, two generators, three goals, one of them taken back. */
export function healthyRun({ clients = 2000, generators = 2 } = {}): { plan: Plan; record: RunRecord } {
  const published = ledger();
  const perGenerator = clients / generators;
  const plan: Plan = {
    version: 2,
    run: "2026-11-21T12-00-00-goal-spike",
    scenario: "goal-spike",
    title: "A goal",
    system: {
      id: "live-scores",
      design: "sse-redis",
      script: { items: story.map((item) => ({ ...item, stream })), odds: [] },
    },
    stack: "local",
    seed: 7,
    command: "matchday run goal-spike --seed 7",
    clients,
    durationMs: leaveAtMs,
    phases,
    crowd: {
      arrivals: { atMs: 0, withinMs: 5000 },
      leaveAtMs,
      streams: [{ id: stream, match: "final", share: 1 }],
      slowReaders: { share: 0, bytesPerSecond: 0 },
    },
    deadlinesMs: { goal: 2000, correction: 2000, card: 2000, status: 2000, odds: 2000 },
    faults: [],
    experiment: null,
    budget: smallBudget(),
    generators,
    edges: 2,
    machine: { os: "linux", cpu: "test", cores: 2, memoryBytes: 24e9, node: "v24", fileLimit: 20_000 },
    startAtUs,
    startedAt: "2026-11-21T12:00:00.000Z",
  };
  const record: RunRecord = {
    published,
    journal: [
      { atUs: startAtUs, atMs: 0, type: "run", state: "started" },
      { atUs: startAtUs + 61_000_000, atMs: 61_000, type: "run", state: "ended" },
    ],
    generators: Array.from({ length: generators }, (_, generator) =>
      healthyGenerator(generator, perGenerator, published),
    ),
    stack: [],
    anomalies: [],
    spans: [],
  };
  return { plan, record };
}

/** Redis is away from 20 s to 30 s; the crowd notices nothing but what a test adds. */
export function withFault(
  run: { plan: Plan; record: RunRecord },
  expect: Plan["faults"][number]["expect"] = [],
): typeof run {
  run.plan.experiment = "redis-down";
  run.plan.faults = [
    {
      id: "redis-down",
      kind: "redis-down",
      options: {},
      atMs: 20_000,
      forMs: 10_000,
      expect,
      target: "all Redis legs",
      band: "Redis away",
    },
  ];
  for (const [state, atMs] of [
    ["injecting", 20_010],
    ["injected", 20_030],
    ["healing", 30_010],
    ["healed", 30_020],
  ] as const) {
    run.record.journal.push({ atUs: startAtUs + atMs * 1000, atMs, type: "fault", id: "redis-down", state });
  }
  return run;
}

/** Makes the machine full, and the generators behind, in the given seconds. */
export function starve({ record }: { record: RunRecord }, seconds: readonly number[]): void {
  for (const second of seconds) {
    record.journal.push({
      atUs: startAtUs + (second + 1) * 1_000_000,
      atMs: (second + 1) * 1000,
      type: "machine",
      cpuBusy: 0.99,
      memoryUsedBytes: 8e9,
    });
    addSamples(record, { second, key: `read_lag@${phaseAt(phases, second * 1000)}` }, { 400: 5000 });
  }
}
