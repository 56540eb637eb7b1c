/** What the files of a run folder hold; one JSON object a line where the name ends in `jsonl`. */
import type { EventClass, PhaseName } from "./match-day.ts";

/** A line of `published.jsonl`: the ledger of what was published, by the service that published it. */
export interface PublishedEvent {
  stream: string;
  seq: number;
  class: EventClass;
  /** The vendor's own time. */
  sourceAtUs: number;
  /** When `scores` took it in, before any store: an outage behind it makes the event old. */
  publishedAtUs: number;
  event: unknown;
}

/**
 * `observability` parts watch (Prometheus, Grafana, Jaeger, the observer): a rehearsal goes on without them, and no fault
 * acts on them.
 */
export type PartKind = "service" | "edge" | "dependency" | "observability";

/** A line of `stack.jsonl`: one part of the stack in one second. */
export interface PartFigures {
  /** Milliseconds since the start instant. */
  atMs: number;
  part: string;
  kind: PartKind;
  up: boolean;
  /** CPU since the part began, and resident memory, of its process; absent where it cannot be had. */
  cpuUs?: number;
  rssBytes?: number;
  /** From the part's own metrics; absent where it has none. */
  connections?: number;
  eventLoopLagP99Ms?: number;
  backlogBytes?: number;
  slowClients?: number;
  replays?: number;
  /** 1 while its subscription to Redis stands. */
  redisUp?: number;
  seq?: number;
  /** What else a part tells of itself, by the name of its metric: `queue_depth`. */
  gauges?: Record<string, number>;
}

/** A line of `spans.jsonl`: one hop of a flow that was sampled, as OpenTelemetry has it. */
export interface SpanRecord {
  /** 32 and 16 hex digits, lower case (W3C trace context). */
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: "internal" | "server" | "client" | "producer" | "consumer";
  /** Who did it: `vendor`, `scores`, `edge-2`, `crowd-0`. */
  part: string;
  startUs: number;
  endUs: number;
  /** What went wrong; absent where nothing did. */
  error?: string;
  attributes: Record<string, string | number | boolean>;
}

/** A line of `journal.jsonl`, append-only. */
export type JournalEntry = { atUs: number; atMs?: number } & (
  | {
      type: "run";
      state: "preparing" | "stack-up" | "started" | "ended" | "interrupted" | "failed";
      detail?: string;
    }
  | { type: "phase"; phase: PhaseName }
  | {
      type: "fault";
      id: string;
      state: "injecting" | "injected" | "healing" | "healed" | "failed";
      detail?: string;
    }
  | { type: "part"; part: string; state: "down" | "up"; planned: boolean; detail?: string }
  | { type: "error"; code: string; fact: string }
  /** What the admission controller decided, where its reason is another than before. */
  | { type: "admission"; perSecond: number; conflictRate: number; queue: number; reason: string }
  | {
      type: "machine";
      cpuBusy: number;
      memoryUsedBytes: number;
      /** Of the kernel, in entries; absent where connections are not tracked. */
      connectionTable?: { max: number; used: number };
      /** Attempts to connect that found the queue of a listener full since the sample before; absent: none, or nobody counts. */
      listenOverflows?: number;
    }
);

/**
 * `measure`, `measure{class=goal}`, `measure@phase`, `measure{class=goal}@phase`. The phase is the one in which the
 * sample was *due* (planned, published, disconnected), not the one in which it was taken.
 */
export type HistogramKey = string;

/** `POST /v1/generators/:n/intervals`, once a second; also a line of `crowd-<n>.jsonl` (histograms are in the hlog). */
export interface CrowdInterval {
  generator: number;
  /** 0, 1, 2 …: a missing number is missing data. */
  index: number;
  fromMs: number;
  toMs: number;
  phase: PhaseName;
  /** HdrHistogram V2, compressed, base64; values in microseconds, 1 to 3.6e9, 3 significant digits. */
  histograms?: Record<HistogramKey, string>;
  /** How many samples each of them holds. Absent in runs that were saved before it was told. */
  samples?: Record<HistogramKey, number>;
  counters: CrowdCounters;
  self: CrowdSelf;
}

/** All but `open` and `planned` count from the start of the run. */
export interface CrowdCounters {
  /** Clients whose planned instant has come and whose leave has not. */
  planned: number;
  /** Streams open now. */
  open: number;
  /** Clients that have had a first accepted stream, or an answer that their journey knows. */
  connected: number;
  /** Attempts that ended without an accepted stream. */
  connectErrors: number;
  disconnects: number;
  /** Streams accepted after a client's first. Absent in runs that were saved before it was counted. */
  reconnects?: number;
  /** Reconnects after which all that was missed came again; where that cannot be told, there is none. */
  resumes: number;
  /** Application events read, whichever client and order; heartbeats and comments are none. */
  events: number;
  onTime: number;
  late: number;
  /**
   * Events that are neither on time nor late, since they carry no sequence, time or class that the crowd can read. Absent in
   * runs that were saved before it was counted: 0.
   */
  notJudged?: number;
  /** What clients that have left never got: gaps, and what others got at least a second before. Absent as above. */
  lost?: number;
  duplicate: number;
  reordered: number;
  misdelivered: number;
  bytes: number;
  /** Journeys that have ended, by how; 0 where the crowd walks none. */
  journeysCompleted: number;
  journeysRejected: number;
  journeysAbandoned: number;
  journeysFailed: number;
}

/** The generator on itself. */
export interface CrowdSelf {
  /** User and system CPU since the process began. */
  cpuUs: number;
  rssBytes: number;
  heapBytes: number;
  gcPauseUs: number;
  gcCount: number;
  goroutines: number;
  /** Quote samples that were due and not taken in time. */
  quoteSamplesSkipped: number;
}

/** `POST /v1/generators/:n/final`, and the last line of `crowd-<n>.jsonl` as `{"final": …}`. */
export interface CrowdFinal {
  generator: number;
  planned: number;
  connected: number;
  /** Clients that never had an accepted stream. */
  failed: number;
  /** Clients that were never released: the run ended, or the generator could not. */
  skipped: number;
  /** The last first-connect, after the start instant. */
  openWithinMs: number;
  /** Resident memory before the first client; bytesPerClient = (peak while all are open - this) / connected. */
  baseRssBytes: number;
  bytesPerClient: number;
  /** CPU to open one client (until the last was open) and CPU for each event after that. */
  cpuUsPerOpen: number;
  cpuUsPerEvent: number;
  timestamps: { kernel: number; reader: number };
  clock: { offsetUs: number; errorUs: number };
  /** Cause → count, e.g. `connect: connection refused`. */
  errors: Record<string, number>;
  streams: Record<string, StreamFinal>;
  counters: CrowdCounters;
  /** Clients that are no slow readers: those with at least one late event, by its class. Absent in older runs. */
  users?: { late: Record<string, number> };
  /**
   * Journey → `completed`, or an end with its cause (`rejected: sold out`) → clients. A failed one's cause begins with its step where
   * the journey does not say it itself: `failed: hold: status 500`. Absent where the crowd walks none.
   */
  journeys?: Record<string, Record<string, number>>;
}

export interface StreamFinal {
  /** Clients by what they are owed: every event with seq > fromSeq, published until leaveMs; slow readers apart. */
  cohorts: { fromSeq: number; leaveMs: number; slow: boolean; clients: number }[];
  /** First deliveries to clients that are no slow readers. `recovered` ones (in onTime or late) came through a resume. */
  events: { seq: number; onTime: number; late: number; recovered: number; notJudged?: number }[];
  /** What the screens show at the end: `screenOf` → clients. */
  screens: Record<string, number>;
  /** The same for slow readers. */
  slowScreens: Record<string, number>;
}

/** A line of `anomalies.jsonl`. */
export interface Anomaly {
  kind: "lost" | "duplicate" | "reordered" | "misdelivered";
  client: number;
  stream: string;
  seq: number;
  atMs: number;
  detail?: string;
}
