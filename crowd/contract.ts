/**
 * What the conductor and the generators (Go, `k6/x/crowd`) say to each other. Go mirrors these types in `contract.go`.
 * Times in `…Ms` count from the start instant; times in `…Us` are microseconds since the Unix epoch.
 */
import type { Journey } from "../common/journey.ts";
import type { EventClass, Phase, TracePlan } from "../common/match-day.ts";

/**
 * What may be concluded from the ids of a stream's events: of events in Matchday's envelope their `seq`, of others the id field
 * that they have themselves. When left out, `contiguous` for events in the envelope and `none` for all others.
 *
 * - `contiguous`: each is one more than the one before. A gap is lost, until it is filled; order and repeats are told.
 * - `ordered`: they grow, by any step (times, a filtered sequence). Order and repeats are told, and no gap is concluded.
 * - `opaque`: they identify an event together with its content. Repeats are told.
 * - `none`: nothing.
 */
export type IdMode = "contiguous" | "ordered" | "opaque" | "none";

/**
 * Where events that are not in Matchday's envelope carry the time at which they were published. `event_age` and deadlines are
 * theirs too then, by the event's name as its class. A time that cannot be (before 2000, or in the future by more than a
 * second and the error of the clocks) is not judged.
 */
export interface AgeField {
  /** `data`, a path into it as JSON (`data.ts`, `data.meta["sent at"]`, `data[0]`), or `id`. */
  path: string;
  /** Since the Unix epoch, with or without a fraction; or a text in ISO 8601, with an offset or Z. */
  unit: "s" | "ms" | "us" | "iso";
  /** Of events whose name is not in `deadlinesMs`; without it, their age is measured and not judged. */
  deadlineMs?: number;
}

/** The file that one generator reads (`MATCHDAY_CROWD_CONFIG`). */
export interface CrowdConfig {
  version: 1;
  /** This generator and how many there are: it plays the clients `generator + k * generators`. */
  generator: number;
  generators: number;
  /** Clients of the whole crowd. Client `id` is planned at `arrivals.atMs + id / clients * arrivals.withinMs`. */
  clients: number;
  /** Local address to connect from, e.g. `127.0.1.1`; the system's choice when absent. */
  sourceAddress?: string;
  target: {
    /**
     * Base URLs of the edges. The k-th client of a generator starts at edge `k % edges.length` and goes round the list
     * at each failure. A user and a password in it are sent as Basic, its query before that of `path`.
     */
    edges: string[];
    /** `{match}` is replaced: `/api/match/{match}/events`. A query may follow; a fragment is not sent. */
    path: string;
    /** For the edges alone: no redirect takes them to an origin that is not among those. */
    headers: Record<string, string>;
    insecureTls?: boolean;
    /**
     * Host, with a port or without, that the edges are spoken to as (Host, TLS server name, and the origin that redirects
     * are seen from), wherever their URLs say that they are.
     */
    serverName?: string;
  };
  /** Client `id` follows the first stream whose cumulated share is above the fractional part of `id * golden ratio`. */
  streams: { id: string; match: string; share: number; ids?: IdMode }[];
  arrivals: { atMs: number; withinMs: number };
  leaveAtMs: number;
  phases: Phase[];
  /** From publishedAt; an event of a class that is not listed is never late. */
  deadlinesMs: Partial<Record<EventClass, number>>;
  /** Names of server-sent events that are none, such as `heartbeat`; `message` is the name of those that have none. */
  ignore?: string[];
  /** Without it, events that are not in Matchday's envelope have no time, and are not judged. */
  age?: AgeField;
  /** The class whose `sourceAtUs` is the quote on the screen. */
  quoteClass: EventClass;
  quoteSampleMs: number;
  reconnect: { minMs: number; maxMs: number };
  connectTimeoutMs: number;
  slowReaders: { share: number; bytesPerSecond: number };
  seed: number;
  /** How many anomalies each generator writes down, of each kind. */
  anomalySample: number;
  /** The longest line of a stream, and the most data of one event, in bytes; what is above ends its client. 4 MiB when absent. */
  eventLimitBytes?: number;
  /** Cookies that a redirect or another answer sets are kept for the client that got it. */
  cookies?: boolean;
  /** Absent when a person runs the script with plain `k6 run`: then it starts at once. */
  conductor?: { url: string; token: string };
  /** Absent: nothing is written. */
  files?: { hlog: string; jsonl: string; anomalies: string; spans?: string; history?: string };
  /** What clients do beside following a stream; nothing when absent. Their shares add up to 1. */
  journeys?: Journey[];
  /** Base URLs by the name that journeys use; a client starts at one by its number, and goes round at each failure. */
  targets?: Record<string, string[]>;
  /**
   * Which requests carry a sampled `traceparent`: by the instant at which they are sent. Each of them is also a line
   * (`SpanRecord`, kind `client`, part `crowd-<generator>`) of `files.spans`. None when absent.
   */
  trace?: TracePlan;
}

/** `POST /v1/generators/:n/ready` answers this once all generators are ready. */
export interface StartOrder {
  startAtUs: number;
}

/** Reply to an interval; `stop` ends the crowd at once, with a final record. */
export interface IntervalReply {
  stop: boolean;
}
