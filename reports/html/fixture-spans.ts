/** Traces of the made-up run: goals, odds, one goal that waits for Redis, and fans who come back after an edge has died. */
import type { SpanRecord } from "../../common/records.ts";
import { redisAway, startAtUs } from "./fixture-clock.ts";

type More = Partial<Pick<SpanRecord, "kind" | "error" | "attributes">>;

/** One trace; ids are numbers, so that the run looks alike in every test. */
class Trace {
  readonly spans: SpanRecord[] = [];
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  /** Adds a span from and to these instants of the run's clock. */
  add(part: string, name: string, [fromMs, toMs]: [number, number], parent?: SpanRecord, more: More = {}) {
    const span: SpanRecord = {
      traceId: hex(0xabc00000 + this.#number, 32),
      spanId: hex(this.#number * 256 + this.spans.length + 1, 16),
      ...(parent && { parentSpanId: parent.spanId }),
      ...{ name, part, kind: "internal", attributes: {} },
      startUs: Math.round(startAtUs + fromMs * 1000),
      endUs: Math.round(startAtUs + toMs * 1000),
      ...more,
    };
    this.spans.push(span);
    return span;
  }
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");

/** As the services tell it: a hop begins when its wait begins, and `waitedMs` is how long that was. */
function eventFlow(number: number, atMs: number, eventClass: string, seq: number): SpanRecord[] {
  const trace = new Trace(number);
  const slower = (number % 5) * 0.7;
  const taken = atMs + 2.4 + slower;
  const appended = taken + 5.1 + slower / 2;
  const away = appended >= redisAway.fromMs && appended < redisAway.toMs;
  const asked = away ? redisAway.toMs + 140 + number : appended + 0.1;
  const event = { stream: "match-1", seq, class: eventClass };
  const say = trace.add("vendor", `say ${eventClass}`, [atMs, atMs + 0.3], undefined, {
    kind: "producer",
    attributes: event,
  });
  const take = trace.add("scores", "take", [taken, taken + 0.2], say, {
    kind: "consumer",
    attributes: event,
  });
  trace.add("scores", "postgres append", [taken + 0.2, appended], take, {
    kind: "client",
    attributes: { ...event, batch: 1 + (number % 3), attempts: 1, waitedMs: 0.4 },
  });
  const publish = trace.add("scores", "redis publish", [appended, asked + 1.2], take, {
    kind: "client",
    attributes: { ...event, attempts: away ? 5 : 1, waitedMs: Number((asked - appended).toFixed(2)) },
  });
  for (const edge of [1, 2, 3]) {
    const received = asked + 0.9 + edge * 0.4;
    trace.add(`edge-${edge}`, "receive", [received, received + 0.3], publish, {
      kind: "consumer",
      attributes: { ...event, clients: 667, via: away ? "stream" : "pubsub" },
    });
  }
  return trace.spans;
}

function openFlow(number: number, atMs: number): SpanRecord[] {
  const trace = new Trace(number);
  const tookMs = 4 + (number % 7);
  const open = trace.add("crowd-0", "open stream", [atMs, atMs + tookMs], undefined, {
    kind: "client",
    attributes: { client: number, stream: "match-1", edge: "http://127.0.0.1:8081", attempt: 1, status: 200 },
  });
  trace.add("edge-1", "GET /api/match/:id/events", [atMs + 1.1, atMs + tookMs - 1.4], open, {
    kind: "server",
    attributes: { "http.response.status_code": 200 },
  });
  return trace.spans;
}

/** Who asks the dead edge is refused; the first who come to another one wait for a read of PostgreSQL that fails. */
function resumeFlow(number: number, atMs: number): SpanRecord[] {
  const trace = new Trace(number);
  const at = (fromMs: number, toMs: number): [number, number] => [atMs + fromMs, atMs + toMs];
  const attributes = { client: number, stream: "match-1", lastEventId: "76" };
  if (number % 2 === 0) {
    trace.add("crowd-1", "resume stream", at(0, 1.2), undefined, {
      kind: "client",
      error: "connect: connection refused",
      attributes: { ...attributes, edge: "http://127.0.0.1:8082", attempt: 2 },
    });
    return trace.spans;
  }
  const firstReadMs = number < 203 ? 900 : 4;
  const tookMs = firstReadMs + 330 + (number % 10);
  const resume = trace.add("crowd-1", "resume stream", at(0, tookMs), undefined, {
    kind: "client",
    attributes: { ...attributes, edge: "http://127.0.0.1:8083", attempt: 3, status: 200 },
  });
  const answer = trace.add("edge-3", "GET /api/match/:id/events", at(310, tookMs - 4), resume, {
    kind: "server",
    attributes: { "http.response.status_code": 200, beginning: "resumed" },
  });
  trace.add("edge-3", "postgres replay", at(312, 312 + firstReadMs), answer, {
    kind: "client",
    attributes: { from: 76, to: 90 },
    ...(firstReadMs > 100 && { error: "canceling statement due to statement timeout" }),
  });
  if (firstReadMs > 100) {
    trace.add("edge-3", "postgres replay", at(317 + firstReadMs, 323 + firstReadMs), answer, {
      kind: "client",
      attributes: { from: 76, to: 90 },
    });
  }
  return trace.spans;
}

export function fixtureSpans(): SpanRecord[] {
  const goals = [14_300, 24_200, 50_200].map((atMs, index) => eventFlow(1 + index, atMs, "goal", 28 + index));
  const odds = Array.from({ length: 12 }, (_, index) =>
    eventFlow(10 + index, 12_000 + index * 900, "odds", 24),
  );
  const opened = Array.from({ length: 20 }, (_, index) => openFlow(100 + index, 500 * index));
  const resumed = Array.from({ length: 10 }, (_, index) => resumeFlow(200 + index, 38_200 + 120 * index));
  // The vendor was asked for its spans too late: the flow begins where it was first seen.
  const [, ...headless] = eventFlow(40, 33_900, "card", 68);
  return [...goals, ...odds, ...opened, ...resumed, headless].flat();
}
