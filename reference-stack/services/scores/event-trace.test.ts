import { expect, test } from "vitest";
import { nowUs } from "../../../common/clock.ts";
import { Tracing } from "../../service-kit/tracing.ts";
import { EventTrace } from "./event-trace.ts";
import type { TakenEvent } from "./intake.ts";

const vendor = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const event: TakenEvent = {
  stream: "match:a",
  seq: 4,
  class: "goal",
  sourceAtUs: 1,
  publishedAtUs: 2,
  event: {},
  feedN: 9,
  source: "vendor",
  version: 1,
};

function traced() {
  const tracing = new Tracing("scores", { share: 0 });
  const cameAtUs = nowUs();
  const trace = EventTrace.of(event, `00-${vendor.traceId}-${vendor.spanId}-01`, { tracing, cameAtUs })!;
  return { tracing, trace };
}

test("an event that is not sampled has none", () => {
  const tracing = new Tracing("scores", { share: 1 });
  for (const traceparent of [undefined, "", `00-${vendor.traceId}-${vendor.spanId}-00`]) {
    expect(EventTrace.of(event, traceparent, { tracing, cameAtUs: 1 })).toBeUndefined();
  }
});

test("taken in, appended, published: one after the other, the two calls below the first; failed tries count", () => {
  const { tracing, trace } = traced();
  trace.appending();
  trace.appending();
  trace.appended(3);
  const attempts = [trace.publishing(), trace.publishing(), trace.publishing()];
  trace.published(2);
  trace.published(2);
  const [take, append, publish, ...more] = tracing.buffer.take();
  expect(more).toEqual([]);
  expect(take).toMatchObject({ ...{ traceId: vendor.traceId, parentSpanId: vendor.spanId }, name: "take" });
  expect(append).toMatchObject({
    name: "postgres append",
    parentSpanId: take!.spanId,
    attributes: { stream: "match:a", seq: 4, class: "goal", attempts: 2, batch: 3 },
  });
  expect(publish).toMatchObject({
    name: "redis publish",
    parentSpanId: take!.spanId,
    attributes: { attempts: 3, batch: 2 },
  });
  expect(publish!.startUs).toBeGreaterThanOrEqual(append!.endUs);
  expect(new Set(attempts)).toEqual(new Set([`00-${vendor.traceId}-${publish!.spanId}-01`]));
});

test("a Redis that is filled again is told again, as such", () => {
  const { tracing, trace } = traced();
  trace.appended(1);
  const first = trace.publishing();
  trace.published(1);
  expect(trace.publishing()).not.toBe(first);
  trace.published(1);
  const publishes = tracing.buffer.take().filter(({ name }) => name === "redis publish");
  expect(publishes.map(({ attributes }) => attributes.again)).toEqual([undefined, true]);
});
