import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nowUs } from "../common/clock.ts";
import type { FeedItem } from "../common/match-day.ts";
import type { SpanRecord } from "../common/records.ts";
import { until } from "../common/until.ts";
import { otlpProcessor } from "./service-kit/otlp.ts";
import { Tracing } from "./service-kit/tracing.ts";
import { SseClient } from "./testing/sse-client.ts";
import { startTestStack, type TestStack } from "./testing/stack.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("the stack", () => {
  const goalEveryMs = 200;
  /** Goals for a minute: every test below watches a stretch of them. */
  const goals = Array.from(
    { length: 300 },
    (_, index): FeedItem => ({
      atMs: index * goalEveryMs,
      stream: "match:final",
      class: "goal",
      event: { type: "GOAL", factId: `g${index}`, version: 1, team: "home", minute: 3, player: "A" },
    }),
  );
  let run: TestStack;
  let startAtUs: number;
  const spans: SpanRecord[] = [];

  beforeAll(async () => {
    // Requests without a trace context are not traced: what is seen below was asked for.
    vi.stubEnv("TRACE_SHARE", "0");
    run = await startTestStack(2);
    startAtUs = nowUs() + 500_000;
    const odds = [{ stream: "match:final", everyMs: 50, fromMs: 0, toMs: 60_000, seed: 1 }];
    const trace = { share: 0, windows: [{ fromMs: 0, toMs: 500 }] };
    await run.stack.open(
      { id: "live-scores", design: "sse-redis", script: { items: goals, odds, trace } },
      { startAtUs: startAtUs },
    );
  }, 30_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await run?.[Symbol.asyncDispose]();
  });

  const found = async (what: string, matches: (span: SpanRecord) => boolean, count = 1) => {
    await until(
      async () => {
        spans.push(...(await run.stack.spans()));
        return spans.filter(matches).length >= count;
      },
      { withinMs: 10_000, everyMs: 100, orElse: `no ${count} spans: ${what}` },
    );
    return spans.filter(matches);
  };

  /** All of a flow: it is whole when both edges have it. */
  const flowOf = async (seq: number) => {
    const [first] = await found(
      `receive ${seq}`,
      ({ name, attributes }) => name === "receive" && attributes.seq === seq,
      2,
    );
    const flow = spans.filter((span) => span.traceId === first!.traceId);
    const only = (name: string) => {
      const [span, ...more] = flow.filter((candidate) => candidate.name === name);
      expect(more, name).toEqual([]);
      return span!;
    };
    return { flow, only };
  };

  test("what the vendor says is one trace, hop by hop, to each edge", async () => {
    const [said] = await found("say goal", ({ name }) => name === "say goal");
    const [taken] = await found("its take", ({ parentSpanId }) => parentSpanId === said!.spanId);
    const { flow, only } = await flowOf(taken!.attributes.seq as number);
    expect(flow.map(({ name, part }) => `${part} ${name}`).toSorted()).toEqual([
      "edge-1 receive",
      "edge-2 receive",
      "scores postgres append",
      "scores redis publish",
      "scores take",
      "vendor say goal",
    ]);
    const [take, append, publish] = [only("take"), only("postgres append"), only("redis publish")];
    expect(said!).toMatchObject({ kind: "producer", startUs: startAtUs });
    expect(said!).not.toHaveProperty("parentSpanId");
    expect(append).toMatchObject({ kind: "client", parentSpanId: take.spanId });
    expect(publish).toMatchObject({ kind: "client", parentSpanId: take.spanId });
    const received = flow.filter(({ name }) => name === "receive");
    for (const span of received) {
      expect(span).toMatchObject({
        kind: "consumer",
        parentSpanId: publish.spanId,
        attributes: { stream: "match:final", class: "goal", clients: 0, via: "pubsub" },
      });
      expect(span.startUs).toBeGreaterThanOrEqual(publish.startUs);
    }
    const starts = [said!, take, append, publish].map(({ startUs }) => startUs);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    for (const { startUs, endUs } of flow) expect(endUs).toBeGreaterThanOrEqual(startUs);
    const endUs = Math.max(...flow.map((span) => span.endUs));
    expect(endUs - said!.startUs).toBeLessThan(2e6);
  }, 20_000);

  test("odds are traced within a window, and not behind it; clients get no byte more", async () => {
    await using client = await SseClient.open(run.stack.edges[0]!.url);
    await client.untilId(client.lastId + 10);
    for (const { data } of client.events) expect(JSON.stringify(data)).not.toMatch(/\b00-[0-9a-f]{32}-/);
    await found("odds", ({ name }) => name === "say odds", 10);
    const odds = spans.filter(({ name }) => name === "say odds");
    expect(Math.max(...odds.map(({ startUs }) => startUs))).toBeLessThan(startAtUs + 500_000);
    expect(odds).toHaveLength(10);
  }, 20_000);

  test("Redis away: the wait is in the span, and the edges' spans hang on it all the same", async () => {
    const ledger = async () =>
      (await run.stack.ledger!.published(0)).filter((event) => event.class === "goal");
    await run.toxiproxy.setEnabled("scores.redis", false);
    const awayAtUs = nowUs();
    const seen = (await ledger()).length;
    await until(async () => (await ledger()).length > seen + 1500 / goalEveryMs, {
      withinMs: 5000,
      orElse: "the feed stood still",
    });
    await run.toxiproxy.setEnabled("scores.redis", true);
    const first = (await ledger()).find(({ publishedAtUs }) => publishedAtUs > awayAtUs)!;
    const { flow, only } = await flowOf(first.seq);
    const publish = only("redis publish");
    expect(publish.endUs - publish.startUs).toBeGreaterThan(1_000_000);
    expect(publish.attributes.waitedMs).toBeGreaterThan(1000);
    const append = only("postgres append");
    expect(append.endUs - append.startUs).toBeLessThan(1_000_000);
    for (const span of flow.filter(({ name }) => name === "receive")) {
      expect(span.parentSpanId).toBe(publish.spanId);
      expect(span.attributes.ageMs).toBeGreaterThan(1000);
    }
  }, 20_000);

  test("a sampled request leaves a span below its sender's, with what it waited for; others leave none", async () => {
    const [edge] = run.stack.edges;
    const traceparent = (flags: string) => `00-${traceId}-${spanId}-${flags}`;
    const ask = (path: string, flags: string) =>
      fetch(`${edge!.url}${path}`, { headers: { traceparent: traceparent(flags) } });
    await Promise.all([ask("/api/match/final/state", "01"), ask("/api/match/nobody/state", "01")]);
    await Promise.all([ask("/api/match/final/state", "00"), fetch(`${edge!.url}/api/match/final/state`)]);
    const headers = { traceparent: traceparent("01") };
    await using fresh = await SseClient.open(edge!.url, { headers });
    await fresh.untilId(1);
    await using resumed = await SseClient.open(edge!.url, { headers, lastEventId: fresh.lastId });
    await resumed.untilId(fresh.lastId);
    await using unsampled = await SseClient.open(edge!.url, { headers: { traceparent: traceparent("00") } });
    await unsampled.untilId(1);
    const ours = await found("requests", (span) => span.traceId === traceId && span.kind === "server", 4);
    for (const span of ours) expect(span).toMatchObject({ part: "edge-1", parentSpanId: spanId });
    const status = "http.response.status_code";
    expect(
      ours
        .map(({ name, attributes }) => `${name} ${attributes[status]} ${attributes.beginning ?? ""}`)
        .toSorted(),
    ).toEqual([
      "GET /api/match/{match}/events 200 snapshot",
      "GET /api/match/{match}/events 200 window",
      "GET /api/match/{match}/state 200 ",
      "GET 404 ",
    ]);
    // At share 0 nothing else was.
    expect(spans.filter((span) => span.kind === "server" && span.traceId !== traceId)).toEqual([]);
  }, 20_000);
});

describe("an OTLP endpoint", () => {
  test("gets the spans of a service under its name, at the latest when it stops", async () => {
    const bodies: { url: string | undefined; body: string }[] = [];
    const collector = createServer(async (request, response) => {
      bodies.push({ url: request.url, body: Buffer.concat(await request.toArray()).toString() });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    collector.listen(0, "127.0.0.1");
    await once(collector, "listening");
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;
    const tracing = new Tracing("edge-7", { share: 0, exports: [await otlpProcessor(url, () => {})] });
    tracing.start("receive", { kind: "consumer" }).end();
    await tracing.close(5000);
    expect(bodies.map((sent) => sent.url)).toEqual(["/v1/traces"]);
    expect(bodies[0]!.body).toContain('"edge-7"');
    expect(bodies[0]!.body).toContain('"receive"');
    collector.close();
  });

  test("that is away is told once, disturbs nothing, and holds up no stop", async () => {
    const said: string[] = [];
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((line) => {
      said.push(String(line));
      return true;
    });
    let failed = 0;
    const processor = await otlpProcessor("http://127.0.0.1:9", (spans) => {
      failed += spans;
    });
    const tracing = new Tracing("edge-7", { share: 0, exports: [processor] });
    for (const expected of [1, 2]) {
      tracing.start("receive", { kind: "consumer" }).end();
      await processor.forceFlush().catch(() => {});
      await until(() => failed === expected, { withinMs: 9000, orElse: "the export has not failed" });
    }
    const before = performance.now();
    await tracing.close(500);
    expect(performance.now() - before).toBeLessThan(1000);
    stderr.mockRestore();
    expect(said.filter((line) => line.includes("otlp away"))).toHaveLength(1);
    expect(tracing.buffer.take()).toHaveLength(2);
  }, 30_000);
});
