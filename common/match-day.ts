/** The words that all rooms share: phases, event classes, what the vendor says, who comes. */
import type { Journey } from "./journey.ts";
import type { MatchEvent, Odds } from "./match-state.ts";

export type PhaseName = "arrive" | "baseline" | "fault" | "recovery" | "after";

/** A stretch of the run's clock; milliseconds since the start instant. `toMs` of one is `fromMs` of the next. */
export interface Phase {
  name: PhaseName;
  fromMs: number;
  toMs: number;
}

/** What kinds of event a stream carries; also the `event:` field of its SSE frames. */
export type EventClass = "goal" | "correction" | "card" | "status" | "odds";

/** One thing the data vendor says, at its planned instant. */
export interface FeedItem {
  atMs: number;
  stream: string;
  class: EventClass;
  event: MatchEvent;
}

/** Odds that move in ticks of their own, from a seeded walk. */
export interface OddsFeed {
  stream: string;
  everyMs: number;
  fromMs: number;
  toMs: number;
  seed: number;
}

/** One vendor message as it goes to `scores`: what happened, and when the vendor said so. */
export interface FeedMessage {
  /** 1, 2, 3 … over the whole feed: the cursor of `GET /feed?after=`. */
  n: number;
  source: string;
  stream: string;
  class: EventClass;
  version: number;
  sourceAtUs: number;
  event: MatchEvent | Odds;
  /** W3C trace context of a sampled message. */
  traceparent?: string;
}

export interface FeedScript {
  items: FeedItem[];
  odds: OddsFeed[];
  /** Which of its odds are traced; whatever else it says always is. Nothing is when absent. */
  trace?: TracePlan;
}

/** Which flows are traced: a share of them, and all that begin within one of the windows (the faults). */
export interface TracePlan {
  /** 0 to 1. */
  share: number;
  windows: { fromMs: number; toMs: number }[];
}

/** The crowd as a scenario describes it. */
export interface CrowdShape {
  /** All clients arrive, evenly, from `atMs` on, within `withinMs`. */
  arrivals: { atMs: number; withinMs: number };
  /** Planned leave of every client. */
  leaveAtMs: number;
  /** Streams, and which share of the crowd follows each. */
  streams: { id: string; match: string; share: number }[];
  slowReaders: { share: number; bytesPerSecond: number };
  /** What its clients do; a crowd without journeys follows its streams. */
  journeys?: Journey[];
}

/** `data:` of one SSE frame from an edge; its `id:` is `seq` and its `event:` is `class`. */
export interface StreamEvent {
  v: 1;
  stream: string;
  /** Contiguous in its stream, from 1. */
  seq: number;
  class: EventClass;
  sourceAtUs: number;
  publishedAtUs: number;
  /** The one client (its id) that may get it; everybody on the stream when absent. */
  to?: number;
  event: MatchEvent | Odds;
}

/**
 * The whole state as of `seq`: the body of `GET /api/match/:id/state`, and the `data:` of the frame (`event: snapshot`,
 * `id:` is `seq`) that opens every stream which begins without `Last-Event-ID`, or whose id is too old to resume from,
 * and that takes a slow client to the newest state.
 */
export interface StreamSnapshot {
  v: 1;
  stream: string;
  seq: number;
  class: "snapshot";
  /** Of the newest event in it; 0 where there is none. */
  publishedAtUs: number;
  state: MatchEvent[];
  odds: { sourceAtUs: number; odds: Odds } | null;
}
