/**
 * A journey as data: what a scenario's vocabulary compiles to, and what every client of the crowd walks. It knows nothing
 * of tickets: requests, events, waits, decisions.
 *
 * Texts are templates: `{name}` is a capture or one of the built-in values: `{client}` (number in the crowd), `{journey}`
 * (id), `{random}` (16 hex digits, new at each use), `{pick:A|B|C}` (one of these texts, drawn anew at each use),
 * `{key:STEP}` (16 hex digits, the same for each attempt of step STEP of this client: an idempotency key; another one when
 * the journey comes to the step again, and in another run), `{hash:TEXT}` (lower-case hex SHA-256 of the rest, in which `[name]` stands for a value: `{hash:presale:[client]}`).
 * `{{` is a brace. In a path values are percent-encoded, in a JSON body they are JSON strings' content; a body's string
 * that is one capture and nothing else (`"{seats}"`) becomes the captured JSON value itself. What was not captured is
 * empty in a stream's path and headers, and fails a request that needs it.
 */
export interface Journey {
  id: string;
  /** Share of the crowd that walks it; all journeys of a crowd add up to 1. */
  share: number;
  /** Named groups of base URLs are in the crowd's config: `edges`, `box-office`. */
  steps: JourneyStep[];
}

/**
 * Where a step goes on: the next one when absent, another by name, or the end of the journey. After its last step a journey
 * is completed.
 */
export type Next = { step: string } | { end: JourneyEnd; cause: string };

/**
 * `completed`: all that was wanted. `rejected`: a right answer that is a no (sold out, declined). `abandoned`: the client gave up.
 * `failed`: something that must not be.
 */
export type JourneyEnd = "completed" | "rejected" | "abandoned" | "failed";

export type JourneyStep = StreamStep | RequestStep | WaitStep | ThinkStep | BranchStep | EndStep;

interface NamedStep {
  /** Unique in its journey; the `step` label of its measures: `join`, `hold`. */
  name: string;
}

/**
 * Opens an event stream that stays open beside the steps that follow, and goes on with the next step once it is accepted.
 * It is opened again when it breaks (`reconnect` of the crowd), by the same templates with the captures of then. A client
 * has one stream: another step of this kind takes the place of the one before. The end of the journey closes it.
 */
export interface StreamStep extends NamedStep {
  do: "stream";
  target: string;
  path: string;
  headers?: Record<string, string>;
  /**
   * A status of these ends or branches the journey; any other that is not 200 is tried again as a broken stream is. So are
   * these where the stream is opened again while the client is at a request or a thought.
   */
  on?: Record<string, Next>;
  /** Events that may come at any time, whatever the journey waits for: their captures are taken. */
  listen?: EventMatch[];
}

export interface EventMatch {
  event: string;
  /** JSON path of the data → value as text; all must match. */
  where?: Record<string, string>;
  capture?: Record<string, string>;
  /** A time in the data (µs since the epoch): its age at arrival goes into this measure. */
  age?: { path: string; measure: string };
}

/** Latency counts from the instant at which the step was due: the end of the step before, its think time included. */
export interface RequestStep extends NamedStep {
  do: "request";
  target: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /**
   * Statuses that are answers: `201`, `2xx`; where each leads. Any other fails the journey with its status as cause.
   * `timeout` and `connection` may stand here too. A redirect is an answer, and not followed.
   */
  on: Record<string, Next | "next">;
  /**
   * Capture → JSON path into the body (`$.hold`, `$.seats[0]`, `$`), or `header:Name`, or `status`. A success that does not
   * hold it makes it unknown; any other answer leaves it as it was. A client keeps 64 KiB.
   */
  capture?: Record<string, string>;
  timeoutMs: number;
  /** Statuses and `timeout`, `connection` that are tried again, with backoff between; after the last attempt `on` decides. */
  retry?: { on: string[]; attempts: number; backoffMs: { min: number; max: number } };
  /** A GET that stands in the history like what changes something: a read that a checker asks about. */
  recorded?: boolean;
}

/**
 * Waits for one of several events of the stream; the first that matches decides. One that came since the stream was opened,
 * and that no wait has taken, counts too: the newest of its name. The client takes no thread meanwhile.
 */
export interface WaitStep extends NamedStep {
  do: "wait";
  for: readonly (EventMatch & { next?: Next })[];
  timeoutMs: number;
  onTimeout: Next;
}

/** A seeded time of reading and choosing; some give up meanwhile. */
export interface ThinkStep extends NamedStep {
  do: "think";
  time:
    | { kind: "constant"; ms: number }
    | { kind: "uniform"; minMs: number; maxMs: number }
    | { kind: "exponential"; meanMs: number; maxMs: number }
    | { kind: "lognormal"; medianMs: number; sigma: number; maxMs: number };
  /** Probability of giving up in this step, and what is told then. */
  abandon?: { share: number; cause: string };
}

/** Decides by a capture: the first case whose value equals, else `else`. */
export interface BranchStep extends NamedStep {
  do: "branch";
  on: string;
  cases: Record<string, Next>;
  else?: Next;
}

export interface EndStep extends NamedStep {
  do: "end";
  end: JourneyEnd;
  cause: string;
}

/**
 * A line of `history-<n>.jsonl`: what a client asked for and what it was told (Jepsen's words). A request without a known
 * outcome (timeout, reset, a 5xx but 503) is `info`: it may have happened. Only requests that change something (not GET) or
 * are `recorded`, the opening of streams, and ends. Each attempt has its `invoke`.
 */
export interface HistoryEntry {
  client: number;
  step: string;
  /** `end`: how the journey ended. */
  type: "invoke" | "ok" | "fail" | "info" | "end";
  atUs: number;
  attempt?: number;
  status?: number;
  /** Of `end`. */
  end?: JourneyEnd;
  cause?: string;
  /** The captures of the journey so far, as text or JSON; what does not fit into 2 KiB is left out. */
  values?: Record<string, unknown>;
}
