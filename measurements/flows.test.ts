import { expect, test } from "vitest";
import type { SpanRecord } from "../common/records.ts";
import { type Flow, flowsOf, longestOf, tellingHops } from "./flows.ts";

const t0 = 1_795_000_000_000_000;

/** A span from and to these milliseconds. */
const span = (
  spanId: string,
  parentSpanId: string | undefined,
  [fromMs, toMs]: [number, number],
  more: Partial<SpanRecord> = {},
): SpanRecord => ({
  traceId: "t1",
  spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  ...{ name: spanId, kind: "internal", part: "scores", attributes: {} },
  ...{ startUs: t0 + fromMs * 1000, endUs: t0 + toMs * 1000 },
  ...more,
});

const only = (spans: SpanRecord[]): Flow => {
  const flows = flowsOf(spans);
  expect(flows).toHaveLength(1);
  return flows[0]!;
};

/** The tree as a text: `..` for each depth. */
const tree = ({ hops }: Flow) => hops.map(({ depth, span: { spanId } }) => "..".repeat(depth) + spanId);

const goal = [
  span("publish", "take", [6008, 6010], { kind: "client" }),
  span("receive-2", "publish", [6012, 6013], { part: "edge-2", kind: "consumer" }),
  span("say goal", undefined, [0, 1], { part: "vendor", kind: "producer" }),
  span("append", "take", [3, 7], { kind: "client" }),
  span("take", "say goal", [2, 8], { kind: "consumer" }),
  span("receive-1", "publish", [6011, 6013], { part: "edge-1", kind: "consumer" }),
];

test("a goal that waited for Redis: tree order, offsets, its own work, and the wait", () => {
  const flow = only(goal);
  expect(tree(flow)).toEqual([
    "say goal",
    "..take",
    "....append",
    "....publish",
    "......receive-1",
    "......receive-2",
  ]);
  expect(flow).toMatchObject({
    ...{ kind: "event", name: "say goal", part: "vendor", rootKept: true },
    ...{ startUs: t0, durationUs: 6_013_000, errors: 0 },
  });
  const [, take, , publish] = flow.hops;
  expect(take).toMatchObject({ offsetUs: 2000, durationUs: 6000, selfUs: 2000, waitUs: 1000 });
  expect(publish).toMatchObject({ offsetUs: 6_008_000, selfUs: 2000, waitUs: 6_000_000 });
  expect(longestOf(flow)).toEqual({ hop: publish, what: "wait", us: 6_000_000 });
});

test("a wait inside a hop is that hop's own, and children at the same time cover it once", () => {
  const flow = only([
    span("take", undefined, [0, 100]),
    span("a", "take", [10, 30]),
    span("b", "take", [20, 40]),
    span("c", "take", [35, 38]),
    span("d", "take", [95, 120]),
  ]);
  expect(flow.hops[0]!.selfUs).toBe(100_000 - 30_000 - 5000);
  expect(flow.durationUs).toBe(120_000);
  expect(longestOf(flow)).toMatchObject({ what: "work", us: 65_000, hop: { span: { spanId: "take" } } });
});

test("a wait that a span tells of is no work of it", () => {
  const flow = only([
    span("take", undefined, [0, 2]),
    span("publish", "take", [5, 6005], { kind: "client", attributes: { waitedMs: 5990, attempts: 4 } }),
    span("receive", "publish", [6000, 6010], { part: "edge-1", attributes: { waitedMs: 900 } }),
  ]);
  expect(flow.hops[1]).toMatchObject({
    ...{ offsetUs: 5_995_000, durationUs: 10_000, selfUs: 5000, waitUs: 5_993_000 },
  });
  expect(flow.hops[2]).toMatchObject({ offsetUs: 6_010_000, durationUs: 0, waitUs: 10_000 });
  expect(flow.durationUs).toBe(6_010_000);
  expect(longestOf(flow)).toMatchObject({ what: "wait", us: 5_993_000 });
});

test("a second attempt waited from the end of the first, not of what led to both; other parts are their own", () => {
  const flow = only([
    span("take", undefined, [0, 5]),
    span("first", "take", [4, 20], { error: "timeout" }),
    span("second", "take", [50, 60]),
    span("receive-1", "take", [70, 71], { part: "edge-1" }),
  ]);
  expect(flow.hops.map(({ waitUs }) => waitUs / 1000)).toEqual([0, 0, 30, 65]);
});

test.each([
  ["event", "vendor", "producer"],
  ["event", "scores", "client"],
  ["event", "edge-1", "consumer"],
  ["request", "crowd-3", "client"],
  ["request", "edge-1", "server"],
] as const)("is of kind %s when it begins at %s as %s", (kind, part, spanKind) => {
  expect(only([span("a", undefined, [0, 1], { part, kind: spanKind })]).kind).toBe(kind);
});

test("a root that was not kept: the earliest hop stands for it, and other orphans below", () => {
  const flow = only([
    span("receive", "gone", [9, 10]),
    span("append", "take", [3, 7]),
    span("take", "lost", [2, 8]),
  ]);
  expect(flow).toMatchObject({ name: "take", rootKept: false, durationUs: 8000 });
  expect(tree(flow)).toEqual(["take", "..append", "..receive"]);
  expect(flow.hops[2]!).toMatchObject({ parent: undefined, waitUs: 0 });
});

test("a root is one also where a hop seems earlier, since clocks differ", () => {
  const flow = only([
    span("take", "say", [-3, 8]),
    span("say", undefined, [0, 1]),
    span("x", "say", [5, 4], { part: "edge-1" }),
  ]);
  expect(tree(flow)).toEqual(["say", "..take", "..x"]);
  expect(flow).toMatchObject({ name: "say", startUs: t0 - 3000, durationUs: 11_000 });
  expect(flow.hops.map(({ offsetUs, skewUs }) => [offsetUs, skewUs])).toEqual([
    [3000, 0],
    [0, 3000],
    [8000, 0],
  ]);
  expect(flow.hops[2]).toMatchObject({ durationUs: 0, selfUs: 0, waitUs: 4000 });
});

test("twice the same span is one, and what hangs on itself is kept", () => {
  const flow = only([
    ...[span("a", undefined, [0, 1]), span("a", undefined, [0, 1])],
    ...[span("self", "self", [1, 2]), span("x", "y", [2, 3]), span("y", "x", [3, 4])],
  ]);
  expect(tree(flow)).toEqual(["a", "..self", "..x", "....y"]);
});

test("errors are counted, and flows stand in the order of their beginning", () => {
  const flows = flowsOf([
    span("b", undefined, [5, 6], { traceId: "t2", error: "connection refused" }),
    span("a", undefined, [0, 1]),
  ]);
  expect(flows.map(({ name, errors }) => [name, errors])).toEqual([
    ["a", 0],
    ["b", 1],
  ]);
  expect(flowsOf([])).toEqual([]);
});

test("a trace of 20,000 hops, each below the one before", () => {
  const deep = Array.from({ length: 20_000 }, (_, index) =>
    span(`s${index}`, index === 0 ? undefined : `s${index - 1}`, [index, index + 1]),
  );
  const flow = only(deep);
  expect(flow.hops.at(-1)!.depth).toBe(19_999);
  expect(tellingHops(flow, 30)).toHaveLength(30);
});

test("of a long flow, what tells most: its errors and its longest, with what leads there", () => {
  const flow = only([
    span("root", undefined, [0, 1]),
    ...Array.from({ length: 50 }, (_, index) => span(`quick-${index}`, "root", [0, 1])),
    span("way", "root", [0, 1]),
    span("slow", "way", [1, 900]),
    span("failed", "root", [0, 1], { error: "reset" }),
  ]);
  expect(tellingHops(flow, 4).map(({ span: { spanId } }) => spanId)).toEqual([
    "root",
    "way",
    "slow",
    "failed",
  ]);
  expect(tellingHops(flow, 100)).toHaveLength(54);
});
