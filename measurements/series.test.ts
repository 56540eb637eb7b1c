import { build } from "hdr-histogram-js";
import { expect, test } from "vitest";
import type { CrowdCounters, CrowdFinal, CrowdInterval, PartFigures } from "../common/records.ts";
import type { PlanLike } from "./plan-like.ts";
import type { GeneratorRecord, RunRecord } from "./run-record.ts";
import { buildSeries, LatencyCache } from "./series.ts";
import { noCounters } from "./testing/counters.ts";

const startAtUs = 1_000_000_000_000;
const plan: PlanLike = {
  clients: 10,
  durationMs: 5000,
  phases: [{ name: "baseline", fromMs: 0, toMs: 5000 }],
  faults: [{ id: "redis-down", kind: "redis-down", atMs: 1000, forMs: 2000, band: "Redis away" }],
  deadlinesMs: { goal: 2000 },
  startAtUs,
  machine: { cores: 4 },
};

const counters = (given: Partial<CrowdCounters>): CrowdCounters => ({ ...noCounters(), ...given });

const interval = (index: number, given: Partial<CrowdCounters>, cpuUs = index * 100_000): CrowdInterval => ({
  generator: 0,
  index,
  fromMs: index * 1000,
  toMs: index * 1000 + 1000,
  phase: "baseline",
  counters: counters(given),
  self: {
    cpuUs,
    rssBytes: 1e6,
    heapBytes: 0,
    gcPauseUs: 0,
    gcCount: 0,
    goroutines: 0,
    quoteSamplesSkipped: 0,
  },
});

function entry(second: number, key: string, valuesMs: number[]): GeneratorRecord["hlog"][number] {
  const histogram = build({ highestTrackableValue: 2 });
  for (const value of valuesMs) histogram.recordValue(value * 1000);
  return { fromMs: second * 1000, toMs: second * 1000 + 1000, key, histogram };
}

const generator = (given: Partial<GeneratorRecord>): GeneratorRecord => ({
  generator: 0,
  intervals: [],
  hlog: [],
  final: undefined,
  ...given,
});

const record = (given: Partial<RunRecord>): RunRecord => ({
  published: [],
  journal: [],
  generators: [],
  stack: [],
  anomalies: [],
  spans: [],
  ...given,
});

test("latencies are merged over generators and phases, second by second", () => {
  const slow = entry(2, "event_age{class=goal}@fault", [900]);
  const fast = entry(2, "event_age{class=goal}@baseline", new Array(99).fill(10));
  const { latency, seconds } = buildSeries(
    plan,
    record({ generators: [generator({ hlog: [slow] }), generator({ generator: 1, hlog: [fast] })] }),
  );
  const goal = latency["event_age{class=goal}"]!;
  expect(seconds).toBe(3);
  expect(goal.count).toEqual([null, null, 100]);
  expect(goal.p99[2]).toBeCloseTo(10, 0);
  expect(goal.max[2]).toBeCloseTo(900, -1);
});

test("a measure that is written whole and by phase counts once", () => {
  const hlog = [entry(0, "connect", [5, 5]), entry(0, "connect@arrive", [5, 5])];
  const { latency } = buildSeries(plan, record({ generators: [generator({ hlog })] }));
  expect(latency.connect!.count).toEqual([2]);
});

test("the heat map counts every event of all classes in its bucket of age", () => {
  const hlog = [
    entry(1, "event_age{class=goal}@baseline", [150]),
    entry(1, "event_age{class=odds}@baseline", [151, 3]),
  ];
  const { heat } = buildSeries(plan, record({ generators: [generator({ hlog })] }));
  const [cells] = heat.cells.slice(1);
  expect(heat.cells[0]).toBeNull();
  const told = Object.fromEntries(
    cells!.flatMap((bucket, at) => (at % 2 === 0 ? [[heat.edgesMs[bucket]!, cells![at + 1]]] : [])),
  );
  const bucketOf = (ms: number) => heat.edgesMs.findLast((edge) => edge <= ms)!;
  expect(told).toEqual({ [bucketOf(150)]: 2, [bucketOf(3)]: 1 });
});

test("a cache keeps seconds without news and merges those with news again", () => {
  const cache = new LatencyCache();
  const hlog = [entry(0, "connect", [5]), entry(1, "connect", [5])];
  buildSeries(plan, record({ generators: [generator({ hlog })] }), cache);
  const [first, second] = [cache.rows.get(0), cache.rows.get(1)];
  hlog.push(entry(1, "connect", [7]));
  const { latency } = buildSeries(plan, record({ generators: [generator({ hlog })] }), cache);
  expect(cache.rows.get(0)).toBe(first);
  expect(cache.rows.get(1)).not.toBe(second);
  expect(latency.connect!.count).toEqual([1, 2]);
});

test("gauges are summed over generators, stand over a missing interval, and end with a generator that died", () => {
  const steady = [0, 1, 2, 3, 4].map((index) => interval(index, { open: 5, planned: 5 }));
  const gap = [0, 2, 3, 4].map((index) => interval(index, { open: 3, planned: 3 }));
  const { crowd } = buildSeries(
    plan,
    record({ generators: [generator({ intervals: steady }), generator({ generator: 1, intervals: gap })] }),
  );
  expect(crowd.open).toEqual([8, 8, 8, 8, 8]);
  const died = [interval(0, { open: 3 })];
  const after = buildSeries(
    plan,
    record({ generators: [generator({ intervals: steady }), generator({ generator: 1, intervals: died })] }),
  );
  expect(after.crowd.open).toEqual([8, 8, 8, 5, 5]);
});

test("counters are told as what was added in each second", () => {
  const intervals = [
    interval(0, { disconnects: 0, resumes: 0 }),
    interval(1, { disconnects: 4, resumes: 0 }),
    interval(2, { disconnects: 4, resumes: 3 }),
  ];
  const { crowd } = buildSeries(plan, record({ generators: [generator({ intervals })] }));
  expect(crowd.disconnects).toEqual([0, 4, 0]);
  expect(crowd.resumes).toEqual([0, 0, 3]);
  expect(crowd.cpuCores).toEqual([0, 0.1, 0.1]);
});

const final = (streams: CrowdFinal["streams"]) =>
  ({ generator: 0, streams, counters: counters({}) }) as unknown as CrowdFinal;

test("delivery counts by second of publication, from cohorts and ledger; slow readers are owed nothing", () => {
  const published = [1, 2, 3].map((seq) => ({
    stream: "m1",
    seq,
    class: "odds" as const,
    sourceAtUs: 0,
    publishedAtUs: startAtUs + seq * 1_000_000,
    event: {},
  }));
  const told = final({
    m1: {
      cohorts: [
        { fromSeq: 0, leaveMs: 5000, slow: false, clients: 6 },
        { fromSeq: 1, leaveMs: 2500, slow: false, clients: 4 },
        { fromSeq: 0, leaveMs: 5000, slow: true, clients: 100 },
      ],
      events: [
        { seq: 1, onTime: 6, late: 0, recovered: 0 },
        { seq: 2, onTime: 5, late: 2, recovered: 2 },
      ],
      screens: {},
      slowScreens: {},
    },
  });
  const intervals = [0, 1, 2, 3].map((index) => interval(index, {}));
  const { delivery } = buildSeries(
    plan,
    record({ published, generators: [generator({ intervals, final: told }), generator({ generator: 1 })] }),
  );
  expect(delivery).toEqual({
    basis: "publication",
    owed: [null, 6, 10, 6],
    onTime: [null, 6, 5, 0],
    late: [null, 0, 2, 0],
    lost: [null, 0, 3, 6],
    generatorsMissing: 1,
  });
});

test("without a final record delivery is what has arrived, by second of arrival", () => {
  const intervals = [interval(0, { onTime: 3 }), interval(1, { onTime: 8, late: 1 })];
  const { delivery } = buildSeries(plan, record({ generators: [generator({ intervals })] }));
  expect(delivery.basis).toBe("arrival");
  expect(delivery.onTime).toEqual([3, 5]);
  expect(delivery.late).toEqual([0, 1]);
  expect(delivery.owed).toEqual([null, null]);
});

test("CPU of a part is in cores, and a restarted process counts from its own start", () => {
  const row = (atMs: number, cpuUs: number | undefined): PartFigures => ({
    atMs,
    part: "edge-1",
    kind: "edge",
    up: cpuUs !== undefined,
    ...(cpuUs === undefined ? {} : { cpuUs, connections: 7 }),
  });
  const { stack } = buildSeries(
    plan,
    record({ stack: [row(0, 0), row(1000, 500_000), row(2000, undefined), row(3000, 80_000)] }),
  );
  expect(stack[0]).toMatchObject({
    part: "edge-1",
    cpuCores: [null, 0.5, null],
    up: [1, 1, 0],
    connections: [7, 7, null],
  });
  const longer = buildSeries(
    plan,
    record({ stack: [row(1000, 500_000), row(3000, 80_000), row(4000, 90_000)] }),
  );
  expect(longer.stack[0]!.cpuCores).toEqual([null, null, null, 0.04]);
});

test("parts stand in the order of the stack, edges by number", () => {
  const row = (part: string, kind: PartFigures["kind"]): PartFigures => ({ atMs: 0, part, kind, up: true });
  const { stack } = buildSeries(
    plan,
    record({
      stack: [
        row("redis", "dependency"),
        row("edge-10", "edge"),
        row("edge-2", "edge"),
        row("scores", "service"),
      ],
    }),
  );
  expect(stack.map(({ part }) => part)).toEqual(["scores", "edge-2", "edge-10", "redis"]);
});

test("faults are drawn where the journal says that they were, else where the plan has them", () => {
  expect(buildSeries(plan, record({})).faults).toEqual([
    { id: "redis-down", kind: "redis-down", band: "Redis away", fromMs: 1000, toMs: 3000, state: "planned" },
  ]);
  const at = (atMs: number) => ({ atMs, atUs: startAtUs + atMs * 1000 });
  const journal: RunRecord["journal"] = [
    { ...at(1004), type: "fault", id: "redis-down", state: "injecting" },
    { ...at(1040), type: "fault", id: "redis-down", state: "injected" },
  ];
  expect(buildSeries(plan, record({ journal })).faults[0]).toMatchObject({
    fromMs: 1040,
    toMs: 3040,
    state: "active",
  });
  journal.push({ ...at(3100), type: "fault", id: "redis-down", state: "healed" });
  expect(buildSeries(plan, record({ journal })).faults[0]).toMatchObject({
    fromMs: 1040,
    toMs: 3100,
    state: "healed",
  });
});

test("the machine's CPU is in cores", () => {
  const journal: RunRecord["journal"] = [
    { atUs: startAtUs + 1_200_000, type: "machine", cpuBusy: 0.5, memoryUsedBytes: 9 },
  ];
  const generators = [generator({ intervals: [interval(0, {}), interval(1, {})] })];
  const { machine } = buildSeries(plan, record({ journal, generators }));
  expect(machine).toEqual({ cores: 4, cpuCores: [null, 2], memoryUsedBytes: [null, 9] });
});

test("a run that died before its first second has columns without rows", () => {
  const series = buildSeries(plan, record({}));
  expect(series.seconds).toBe(0);
  expect(series.durationMs).toBe(5000);
  expect(series.crowd.open).toEqual([]);
  expect(series.latency).toEqual({});
});
