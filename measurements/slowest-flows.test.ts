import { expect, test } from "vitest";
import type { SpanRecord } from "../common/records.ts";
import type { PlanLike } from "./plan-like.ts";
import type { RunRecord } from "./run-record.ts";
import { slowestFlows } from "./slowest-flows.ts";

const startAtUs = 1_795_000_000_000_000;

const plan: PlanLike = {
  ...{ clients: 10, durationMs: 60_000, phases: [], deadlinesMs: {}, startAtUs },
  faults: [{ id: "redis-down", kind: "redis-down", atMs: 20_000, forMs: 10_000, band: "Redis away" }],
};
const injected: RunRecord["journal"] = [
  { atUs: startAtUs + 20.2e6, atMs: 20_200, type: "fault", id: "redis-down", state: "injected" },
  { atUs: startAtUs + 30.1e6, atMs: 30_100, type: "fault", id: "redis-down", state: "healed" },
];
const record = (spans: SpanRecord[], journal = injected): RunRecord => ({
  ...{ published: [], journal, generators: [], stack: [], anomalies: [] },
  spans,
});

let made = 0;
const flow = (name: string, atMs: number, tookMs: number, more: Partial<SpanRecord> = {}): SpanRecord => ({
  ...{ traceId: `t${made}`, spanId: `s${made++}`, name, kind: "producer", part: "vendor", attributes: {} },
  ...{ startUs: startAtUs + atMs * 1000, endUs: startAtUs + (atMs + tookMs) * 1000 },
  ...more,
});
const request = { kind: "client", part: "crowd-0" } as const;

const shown = (spans: SpanRecord[], journal?: RunRecord["journal"]) =>
  slowestFlows(plan, record(spans, journal))?.groups.map(({ kind, of, flows }) => [
    `${kind} of ${of}`,
    ...flows.map(({ name, durationUs }) => `${name} ${durationUs / 1000}`),
  ]);

test("a run without traces has none", () => {
  expect(slowestFlows(plan, record([]))).toBeUndefined();
});

test("the three slowest of each kind, and of each name its slowest", () => {
  const odds = [9, 8, 7, 6, 5].map((tookMs, index) => flow("say odds", 1000 + index, tookMs));
  const goals = [flow("say goal", 3000, 3), flow("say goal", 4000, 2)];
  const requests = [flow("open stream", 100, 40, request), flow("open stream", 200, 50, request)];
  expect(shown([...goals, ...odds, ...requests])).toEqual([
    ["event of 7", "say odds 9", "say odds 8", "say odds 7", "say goal 3"],
    ["request of 2", "open stream 50", "open stream 40"],
  ]);
});

test("at least one during each fault, by where the journal has it", () => {
  const slow = [40, 30, 20].map((tookMs) => flow("say odds", 1000, tookMs));
  const met = [flow("say odds", 20_300, 5), flow("say odds", 30_095, 6), flow("say odds", 20_100, 10)];
  expect(shown([...slow, ...met])).toEqual([
    ["event of 6", "say odds 40", "say odds 30", "say odds 20", "say odds 6"],
  ]);
  expect(shown([...slow, ...met], [])?.[0]).toHaveLength(4);
});

test("a flow that waits into a fault has met it", () => {
  const [group] = slowestFlows(plan, record([flow("say goal", 19_000, 2000)]))!.groups;
  expect(group!.flows[0]).toMatchObject({ atMs: 19_000, faults: [{ band: "Redis away" }] });
});

test("no more than a page holds, however many names there are", () => {
  const spans = Array.from({ length: 400 }, (_, index) => flow(`name ${index}`, index, index));
  const groups = shown([
    ...spans,
    ...spans.map((span, index) => ({ ...span, ...request, traceId: `r${index}` })),
  ]);
  expect(groups!.map((group) => group.length - 1)).toEqual([8, 8]);
});
