import { expect, test } from "vitest";
import type { CrowdInterval } from "../common/records.ts";
import { emptyHistogram, encodeHistogram } from "./histograms.ts";
import { LiveFeed } from "./live.ts";
import { mergeRun } from "./seconds.ts";

function encoded(ms: number, amount: number): string {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount(ms * 1000, amount);
  return encodeHistogram(histogram);
}

function interval(generator: number, index: number, histograms: Record<string, string> = {}): CrowdInterval {
  return {
    generator,
    index,
    fromMs: index * 1000,
    toMs: index * 1000 + 1000,
    phase: "baseline",
    histograms,
    counters: {
      planned: 10,
      open: 9,
      connected: 10,
      connectErrors: 1,
      disconnects: 2,
      resumes: 1,
      events: 100,
      onTime: 99,
      late: 1,
      duplicate: 0,
      reordered: 0,
      misdelivered: 0,
      bytes: 20_000,
      journeysCompleted: 0,
      journeysRejected: 0,
      journeysAbandoned: 0,
      journeysFailed: 0,
    },
    self: {
      cpuUs: 1000,
      rssBytes: 1,
      heapBytes: 1,
      gcPauseUs: 0,
      gcCount: 0,
      goroutines: 10,
      quoteSamplesSkipped: 0,
    },
  };
}

test("a second is merged over its generators", () => {
  const feed = new LiveFeed(2);
  expect(feed.latestComplete).toBe(-1);
  expect(feed.second(0)).toBeUndefined();
  feed.add(
    interval(0, 0, {
      "event_age{class=goal}@baseline": encoded(10, 99),
      "event_age{class=odds}@fault": encoded(20, 99),
    }),
  );
  expect(feed.latestComplete).toBe(-1);
  expect(feed.second(0)).toMatchObject({ generators: 1, open: 9 });
  feed.add(
    interval(1, 0, {
      "event_age{class=goal}@baseline": encoded(900, 1),
      "stale_odds_age@baseline": encoded(300, 4),
    }),
  );
  expect(feed.latestComplete).toBe(0);
  const second = feed.second(0)!;
  expect(second).toMatchObject({
    generators: 2,
    planned: 20,
    open: 18,
    phase: "baseline",
    fromMs: 0,
    toMs: 1000,
  });
  expect(second.counters).toMatchObject({ events: 200, late: 2, disconnects: 4 });
  expect(second.goalAge).toMatchObject({ count: 100 });
  expect(second.goalAge!.p99Ms).toBeCloseTo(10, 0);
  expect(second.goalAge!.maxMs).toBeCloseTo(900, -1);
  expect(second.eventAge!.count).toBe(199);
  expect(second.staleOddsAge!.p99Ms).toBeCloseTo(300, 0);
  expect(second.connect).toBeUndefined();
});

test("what is missing is named, and what comes twice counts once", () => {
  const feed = new LiveFeed(2);
  for (const index of [0, 1, 3]) feed.add(interval(0, index));
  for (const index of [0, 2, 3]) feed.add(interval(1, index));
  feed.add(interval(1, 3));
  expect(feed.latestComplete).toBe(3);
  expect(feed.second(3)!.open).toBe(18);
  expect(feed.missing()).toEqual([
    { generator: 1, index: 1 },
    { generator: 0, index: 2 },
  ]);
  expect(feed.missing(1)).toEqual([{ generator: 1, index: 1 }]);
  expect(feed.missing(4).slice(-2)).toEqual([
    { generator: 0, index: 4 },
    { generator: 1, index: 4 },
  ]);
});

test("the feed and the files give the same seconds", () => {
  const feed = new LiveFeed(2);
  for (const generator of [1, 0]) {
    for (const index of [1, 0]) {
      feed.add(interval(generator, index, { "event_age{class=goal}@baseline": encoded(10 + index, 5) }));
    }
  }
  const { seconds, byKey } = mergeRun(feed.generators());
  expect(seconds).toEqual([feed.second(0), feed.second(1)]);
  expect(byKey.get("event_age{class=goal}@baseline")!.totalCount).toBe(20);
});

test("the run so far holds each complete second once, and the rest when nothing more comes", () => {
  const feed = new LiveFeed(2);
  const key = "event_age{class=goal}@baseline";
  const count = () => feed.byKey.get(key)?.totalCount ?? 0;
  feed.add(interval(0, 0, { [key]: encoded(10, 5) }));
  expect(count()).toBe(0);
  feed.add(interval(1, 0, { [key]: encoded(20, 5) }));
  feed.add(interval(1, 0, { [key]: encoded(20, 5) }));
  expect(count()).toBe(10);
  expect(feed.latestHistograms.get(key)!.totalCount).toBe(10);
  feed.add(interval(0, 1, { [key]: encoded(30, 1) }));
  expect(feed.newest().map(({ index }) => index)).toEqual([1, 0]);
  feed.settle();
  feed.settle();
  expect(count()).toBe(11);
  expect(feed.second(1)!.goalAge!.count).toBe(1);
  expect(feed.latestComplete).toBe(0);
});

test("of an interval that cannot be read nothing is taken in", () => {
  const feed = new LiveFeed(1);
  expect(() => feed.add(interval(0, 0, { "connect@arrive": "AAAA" }))).toThrow(
    expect.objectContaining({ code: "HISTOGRAM_INVALID" }),
  );
  expect(feed.latestComplete).toBe(-1);
  feed.add(interval(0, 0, { "connect@arrive": encoded(1, 1) }));
  expect(feed.byKey.get("connect@arrive")!.totalCount).toBe(1);
});
