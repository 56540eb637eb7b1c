import { describe, expect, test } from "vitest";
import { Sampler } from "./sampler.ts";
import { spansPage } from "./span-buffer.ts";
import { Tracing } from "./tracing.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const sampled = { traceId, spanId, sampled: true };

describe("a sampler", () => {
  const header = (flags: string) => `00-${traceId}-${spanId}-${flags}`;

  test("follows the parent, whatever its own share", () => {
    const never = new Sampler(0);
    const always = new Sampler(1);
    expect(never.decide(header("01"))).toEqual(sampled);
    expect(always.decide(header("00"))).toBeUndefined();
  });

  test("takes its share of what begins here; a broken header begins here", () => {
    const dice = [0.009, 0.01, 0.5, 0.001];
    const sampler = new Sampler(0.01, () => dice.shift()!);
    expect([undefined, undefined, undefined, "broken"].map((given) => sampler.decide(given))).toEqual([
      "root",
      undefined,
      undefined,
      "root",
    ]);
    expect(new Sampler(0, () => 0).decide(undefined)).toBeUndefined();
  });
});

describe("spans", () => {
  test("are recorded when they end, with parent, times, attributes and what went wrong", () => {
    const tracing = new Tracing("scores", { share: 0 });
    const startUs = 1_790_000_000_123_456;
    const span = tracing.start("take", {
      kind: "consumer",
      parent: sampled,
      startUs,
      attributes: { seq: 3 },
    });
    expect(tracing.buffer.take()).toEqual([]);
    span.set({ batch: 2 }).end({ atUs: startUs + 1500, error: "no answer" });
    span.end();
    expect(tracing.buffer.take()).toEqual([
      {
        traceId,
        spanId: span.context.spanId,
        parentSpanId: spanId,
        name: "take",
        kind: "consumer",
        part: "scores",
        startUs,
        endUs: startUs + 1500,
        error: "no answer",
        attributes: { seq: 3, batch: 2 },
      },
    ]);
    expect(tracing.buffer.take()).toEqual([]);
  });

  test("a root gets the ids that were given to it, and the next one its own", () => {
    const tracing = new Tracing("vendor", { share: 0 });
    const ids = { traceId, spanId };
    tracing.start("say goal", { kind: "producer", ids }).end();
    tracing.start("say goal", { kind: "producer" }).end();
    const [given, own] = tracing.buffer.take();
    expect(given).toMatchObject(ids);
    expect(given).not.toHaveProperty("parentSpanId");
    expect(own!.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(own!.traceId).not.toBe(traceId);
  });

  test("a request is a child of who sent it, a root by chance, or nothing", () => {
    const all = new Tracing("edge-1", { share: 1 });
    expect(all.request("GET", `00-${traceId}-${spanId}-00`)).toBeUndefined();
    all.request("GET", `00-${traceId}-${spanId}-01`)!.end();
    all.request("GET", undefined)!.end();
    expect(all.buffer.take()).toMatchObject([
      { parentSpanId: spanId, kind: "server" },
      { kind: "server", name: "GET" },
    ]);
  });

  test("what a flow waits for is a child, also when it fails; nothing where nobody asked", async () => {
    const tracing = new Tracing("scores", { share: 1 });
    const request = tracing.request("POST /v1/streams", undefined);
    expect(await tracing.during(request, "postgres add_streams", async () => 7)).toBe(7);
    const failing = tracing.during(request, "postgres add_streams", () => Promise.reject(new Error("away")));
    await expect(failing).rejects.toThrow("away");
    expect(await tracing.during(undefined, "postgres add_streams", async () => 8)).toBe(8);
    const spans = tracing.buffer.take();
    expect(spans.map(({ parentSpanId, error }) => [parentSpanId, error])).toEqual([
      [request!.context.spanId, undefined],
      [request!.context.spanId, "away"],
    ]);
  });

  test("that nobody takes are dropped, the oldest first, and counted; the rest comes in pages", () => {
    const tracing = new Tracing("edge-1", { share: 0 });
    for (let n = 0; n < 20_001; n++) tracing.start("receive", { kind: "consumer", attributes: { n } }).end();
    expect([tracing.buffer.ended, tracing.buffer.dropped]).toEqual([20_001, spansPage]);
    const pages: number[][] = [];
    for (let page = tracing.buffer.take(); page.length > 0; page = tracing.buffer.take()) {
      pages.push(page.map(({ attributes }) => attributes.n as number));
    }
    expect(pages.map(({ length }) => length)).toEqual([...Array(19).fill(spansPage), 1]);
    expect(pages.flat()).toEqual(Array.from({ length: 19_001 }, (_, index) => index + spansPage));
  });

  test("are not waited for longer than told when nobody takes them", async () => {
    const stuck = {
      onStart() {},
      onEnd() {},
      forceFlush: () => Promise.resolve(),
      shutdown: () => new Promise<void>(() => {}),
    };
    await new Tracing("edge-1", { share: 0, exports: [stuck] }).close(1);
  });
});
