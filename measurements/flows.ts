/** Spans as flows: what one event or one request met on its way, hop by hop. Pure. */
import type { SpanRecord } from "../common/records.ts";

/** An `event` begins at the vendor, a `request` at a client or at the service that answers it. */
export type FlowKind = "event" | "request";

/** A span in its place. */
export interface Hop {
  span: SpanRecord;
  /** 0 for the root. */
  depth: number;
  /** The hop that it came from; `undefined` for the root, and where that one was not kept. */
  parent: Hop | undefined;
  /** Of its work, since the flow began: a wait that the span itself tells of (`waitedMs`) is over by then. */
  offsetUs: number;
  durationUs: number;
  /** What it took itself: its duration without the time in which a child of it went on. */
  selfUs: number;
  /** To its work from the end of its parent, and of what its part did for the same parent before. */
  waitUs: number;
  /** How long before its parent it began: two clocks that differ by at least this. */
  skewUs: number;
}

export interface Flow {
  traceId: string;
  kind: FlowKind;
  /** Name and part of the root; where it was not kept, of the earliest hop that was. */
  name: string;
  part: string;
  rootKept: boolean;
  startUs: number;
  durationUs: number;
  /** A parent before its children, and these in the order of their beginning. */
  hops: Hop[];
  errors: number;
}

/** One flow a trace, in the order of their beginning. */
export function flowsOf(spans: readonly SpanRecord[]): Flow[] {
  return [...Map.groupBy(spans, ({ traceId }) => traceId).values()]
    .map(flowOf)
    .sort((a, b) => a.startUs - b.startUs);
}

function flowOf(spans: SpanRecord[]): Flow {
  const byStart = [...uniqueById(spans).values()].sort((a, b) => a.startUs - b.startUs);
  const root = byStart.find(({ parentSpanId }) => !parentSpanId) ?? byStart[0]!;
  const startUs = byStart[0]!.startUs;
  const hops = inTreeOrder(byStart, root, startUs);
  const endUs = hops.reduce((end, { offsetUs, durationUs }) => Math.max(end, offsetUs + durationUs), 0);
  return {
    traceId: root.traceId,
    kind: root.kind === "server" || root.part.startsWith("crowd") ? "request" : "event",
    name: root.name,
    part: root.part,
    rootKept: !root.parentSpanId,
    startUs,
    durationUs: endUs,
    hops,
    errors: hops.filter(({ span }) => span.error !== undefined).length,
  };
}

/** A span that was sent twice is one span. */
function uniqueById(spans: SpanRecord[]): Map<string, SpanRecord> {
  const byId = new Map<string, SpanRecord>();
  for (const span of spans) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  return byId;
}

/** What hangs on no kept parent, or on itself, hangs below the root. */
function inTreeOrder(byStart: SpanRecord[], root: SpanRecord, startUs: number): Hop[] {
  const children = Map.groupBy(byStart, ({ parentSpanId }) => parentSpanId ?? "");
  const placed = new Set<SpanRecord>();
  const hops: Hop[] = [];
  const place = (top: SpanRecord, depth: number) => {
    // A stack of its own: a trace may be deeper than calls can be.
    const waiting: Place[] = [{ span: top, depth, parent: undefined, readyUs: top.startUs }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (placed.has(next.span)) continue;
      placed.add(next.span);
      const below = (children.get(next.span.spanId) ?? []).filter((child) => !placed.has(child));
      const hop = hopOf(next, below, startUs);
      hops.push(hop);
      waiting.push(...placesOf(below, hop).reverse());
    }
  };
  place(root, 0);
  const known = new Set(byStart.map(({ spanId }) => spanId));
  const orphans = byStart.filter(({ parentSpanId }) => !parentSpanId || !known.has(parentSpanId));
  // After the orphans, only what hangs on itself is left.
  for (const span of [...orphans, ...byStart]) if (!placed.has(span)) place(span, 1);
  return hops;
}

interface Place {
  span: SpanRecord;
  depth: number;
  parent: Hop | undefined;
  /** From when on it could have begun. */
  readyUs: number;
}

function placesOf(byStart: SpanRecord[], parent: Hop): Place[] {
  const parentEndUs = Math.max(parent.span.startUs, parent.span.endUs);
  const lastEndUs = new Map<string, number>();
  return byStart.map((span) => {
    const readyUs = lastEndUs.get(span.part) ?? parentEndUs;
    lastEndUs.set(span.part, Math.max(readyUs, span.endUs));
    return { span, depth: parent.depth + 1, parent, readyUs };
  });
}

function hopOf({ span, depth, parent, readyUs }: Place, below: SpanRecord[], startUs: number): Hop {
  // Two clocks may also make an end come before its beginning.
  const lengthUs = Math.max(0, span.endUs - span.startUs);
  const waitedUs = Math.min(lengthUs, waitedWithinUs(span));
  const workUs = span.startUs + waitedUs;
  const durationUs = lengthUs - waitedUs;
  return {
    ...{ span, depth, parent, durationUs },
    offsetUs: workUs - startUs,
    selfUs: durationUs - coveredUs({ startUs: workUs, endUs: span.endUs }, below),
    waitUs: Math.max(waitedUs, workUs - readyUs),
    skewUs: parent ? Math.max(0, parent.span.startUs - span.startUs) : 0,
  };
}

/** The services begin a span when its wait begins, and say how long that was. */
function waitedWithinUs({ attributes: { waitedMs } }: SpanRecord): number {
  return typeof waitedMs === "number" && waitedMs > 0 ? waitedMs * 1000 : 0;
}

/** How much of a stretch the children fill; those that run at the same time fill it once. */
function coveredUs({ startUs, endUs }: Pick<SpanRecord, "startUs" | "endUs">, byStart: SpanRecord[]): number {
  let coveredToUs = startUs;
  let sumUs = 0;
  for (const child of byStart) {
    const fromUs = Math.max(coveredToUs, child.startUs);
    const toUs = Math.min(endUs, child.endUs);
    if (toUs <= fromUs) continue;
    sumUs += toUs - fromUs;
    coveredToUs = toUs;
  }
  return sumUs;
}

/** What of a flow took longest: a hop's own work, or the wait before it. */
export function longestOf({ hops }: Flow): { hop: Hop; what: "work" | "wait"; us: number } {
  const most = (of: (hop: Hop) => number) => hops.reduce((a, b) => (of(b) > of(a) ? b : a));
  const working = most(({ selfUs }) => selfUs);
  const waiting = most(({ waitUs }) => waitUs);
  return waiting.waitUs > working.selfUs
    ? { hop: waiting, what: "wait", us: waiting.waitUs }
    : { hop: working, what: "work", us: working.selfUs };
}

/** The hops that tell most of a long flow, with those that lead to them, in tree order: `most` at most, the root first. */
export function tellingHops({ hops }: Flow, most: number): Hop[] {
  if (hops.length <= most) return hops;
  const weight = ({ span, selfUs, waitUs }: Hop) =>
    (span.error === undefined ? 0 : Number.MAX_SAFE_INTEGER / 2) + selfUs + waitUs;
  const chosen = new Set<Hop>([hops[0]!]);
  for (const hop of hops.toSorted((a, b) => weight(b) - weight(a))) {
    const way: Hop[] = [];
    for (let at: Hop | undefined = hop; at && !chosen.has(at) && way.length <= most; at = at.parent) {
      way.push(at);
    }
    if (chosen.size + way.length <= most) for (const one of way) chosen.add(one);
    if (chosen.size === most) break;
  }
  return hops.filter((hop) => chosen.has(hop));
}
