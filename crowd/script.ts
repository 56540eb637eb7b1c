/**
 * The crowd as a k6 script: one VU that plays thousands of EventSource clients. k6 runs it as it is, with the binary that
 * holds `k6/x/crowd` (`npm run setup` builds it):
 *
 *     k6 run crowd/script.ts -e TARGET=http://127.0.0.1:8080 -e CLIENTS=1000 -e DURATION=30s
 *
 * | variable    | meaning                                                                     | when left out             |
 * |-------------|-----------------------------------------------------------------------------|---------------------------|
 * | TARGET      | base URLs of the edges, with commas between; clients fail over along them.  | needed                    |
 * |             | `user:password@` is sent as Basic, a query before that of PATH_TO           |                           |
 * | CLIENTS     | how many                                                                    | 100                       |
 * | DURATION    | from the first arrival to the leave of all: `90s`, `2m`                     | 30s                       |
 * | ARRIVE      | the time within which they all arrive, evenly                               | a tenth of DURATION       |
 * | PATH_TO     | path of the stream; `{match}` and `{client}` are replaced                   | /api/match/{match}/events |
 * | SERVER_NAME | host that the edges are spoken to as, wherever TARGET says that they are:   | the host in TARGET        |
 * |             | in Host, and as the name of TLS                                             |                           |
 * | MATCH       | what stands for `{match}`                                                   | final                     |
 * | STREAM      | the stream that events must be of                                           | match:MATCH               |
 * | IDS         | what may be concluded from ids (IdMode of contract.ts): `contiguous`,       | contiguous in Matchday's  |
 * |             | `ordered` (they grow, by any step), `opaque` (they identify), `none`        | envelope, else none       |
 * | IGNORE      | names of events that are none, with commas between: `heartbeat,ping`        | none                      |
 * | AGE         | where events that are not in Matchday's envelope carry their time, and its  | they are not judged       |
 * |             | unit (`ms`, `s`, `us`, `iso`): `data.ts:ms`, `id:ms`; DEADLINE is theirs too |                           |
 * | HEADERS     | JSON object of request headers. For TARGET alone: no redirect takes them to | {}                        |
 * |             | another origin. `Last-Event-ID` is where clients begin, until they have had |                           |
 * |             | an event with an id; with `Accept-Encoding` gzip, deflate and br are read,  |                           |
 * |             | at some 50 KB a client                                                      |                           |
 * | COOKIES     | `1`: each client keeps the cookies that it is given, and sends them         | dropped                   |
 * | EVENT_LIMIT | the largest event that is read, and line of a stream: `512KiB`, `16MiB`;    | 4MiB                      |
 * |             | what is above ends its client                                               |                           |
 * | DEADLINE    | from publishedAt; what comes after it counts as late                        | 2s                        |
 * | RECONNECT   | shortest and longest wait before a reconnect                                | 1s-5s                     |
 * | TIMEOUT     | from dialling to the header of the response                                 | 30s                       |
 * | SLOW        | share of slow readers and their bytes a second: `0.01@200`                  | none                      |
 * | SOURCE      | local address to connect from                                               | the system's choice       |
 * | INSECURE    | `1`: certificates are not checked                                           | checked                   |
 * | SEED        | of the jitter, and of who reads slowly                                      | 1                         |
 * | TRACE       | share of requests that carry a sampled `traceparent` (W3C): `0.01`          | none                      |
 * | JOURNEY     | file with a journey (common/journey.ts), or a list of them, for the clients | they follow the stream    |
 * |             | to walk; what is about the stream means nothing then                        |                           |
 * | TARGETS     | JSON object: base URLs, with commas between, by the name that journeys use  | all names mean TARGET     |
 * | INSTANCES   | how many processes play this crowd together (--execution-segment, as        | 1                         |
 * |             | k6-operator does): each plays every n-th client, and needs an OUT of its own |                           |
 * | OUT         | prefix of the files to write: OUT.hlog, OUT.jsonl, OUT.anomalies.jsonl and, | nothing is written        |
 * |             | with TRACE, OUT.spans.jsonl, with JOURNEY, OUT.history.jsonl                |                           |
 * | THRESHOLDS  | JSON object of k6 thresholds, as below                                      | none                      |
 *
 * Thresholds work as with every k6 metric, and fail the run with exit code 99:
 *
 *     -e THRESHOLDS='{"crowd_connected":["rate>0.999"],"crowd_late":["count==0"],"crowd_event_age_p99":["value<2000"]}'
 *
 * Metrics: crowd_events, crowd_on_time, crowd_late, crowd_lost (of contiguous numbers: later ones came, and it never did),
 * crowd_duplicates, crowd_reordered, crowd_misdelivered, crowd_not_judged (no number, time or class that can be read),
 * crowd_connect_errors, crowd_disconnects, crowd_reconnects, crowd_resumes (of these, the ones that brought what was missed),
 * crowd_journeys_completed, crowd_journeys_rejected, crowd_journeys_abandoned, crowd_journeys_failed (counters),
 * crowd_clients_open (gauge), crowd_connected (rate: one sample for each attempt to open a stream, when its outcome
 * is known; one that waits for a second or more when all leave has failed, of a younger one nobody knows), crowd_event_age_p99 and
 * crowd_connect_p99 (gauges in ms: of the run so far, exact to 0.1 %), crowd_event_age, crowd_connect, crowd_resume and
 * crowd_stale_odds_age (trends in ms, at the end of the run, for `p(95)`: up to 10,000 samples at even ranks of all).
 * A threshold on what nothing was measured for fails with 99 too, and the log names it and says why: none late is no pass
 * where no event came with a time, nor none lost where none came with a contiguous number (IDS), whatever else was judged.
 * Ages are to the kernel's arrival of an event where it says so (plain http on Linux), by this machine's clock; with a
 * conductor they are corrected by the offset of its clock, where that is more than the error of measuring it.
 *
 * A rehearsal hands the whole configuration over instead, as a file: MATCHDAY_CROWD_CONFIG (CrowdConfig in contract.ts), and the
 * conductor's token, which stands in no file, as MATCHDAY_CONDUCTOR_TOKEN.
 */
import exec from "k6/execution";
import crowd from "k6/x/crowd";
import type { Journey } from "../common/journey.ts";
import type { CrowdFinal } from "../common/records.ts";
import type { AgeField, CrowdConfig, IdMode } from "./contract.ts";

declare const __ENV: Record<string, string | undefined>;
declare function open(path: string): string;

const configFile = __ENV.MATCHDAY_CROWD_CONFIG;
const config: CrowdConfig = configFile ? handedOver(JSON.parse(open(configFile))) : configOf(__ENV);

const instances = __ENV.INSTANCES ? number(__ENV.INSTANCES, "INSTANCES") : 1;

export const options = {
  scenarios: {
    crowd: {
      executor: "per-vu-iterations",
      // One for each instance that k6 runs as: it divides them, and the crowd divides its clients.
      vus: instances,
      iterations: 1,
      // The crowd ends by itself: at its planned leave, or when the conductor says so.
      maxDuration: "24h",
      // Clients leave, and the last records are sent.
      gracefulStop: "60s",
    },
  },
  thresholds: json(__ENV.THRESHOLDS, "THRESHOLDS"),
};

/** Before anything is played: an instance that gets no VU would say nothing, and pass. */
export function setup(): void {
  const { executionSegment } = exec.test.options as { executionSegment?: unknown };
  if (executionSegment && instances < 2) {
    throw new Error(
      "CROWD_NOT_DIVIDED: this is one instance of several, and INSTANCES does not say of how many (give each -e INSTANCES=N)",
    );
  }
}

export default function (): void {
  const final: CrowdFinal | undefined = crowd.run(config);
  if (!final || config.conductor) return;
  const { counters } = final;
  console.info(
    `${final.connected} of ${final.planned} clients connected, the last ${(final.openWithinMs / 1000).toFixed(2)} s after the start; ` +
      `${counters.events} events: ${counters.onTime} on time, ${counters.late} late, ${counters.notJudged ?? 0} not judged, ` +
      `${counters.lost ?? 0} lost, ${counters.duplicate} twice, ${counters.reordered} out of order, ${counters.misdelivered} misdelivered; ` +
      `${counters.disconnects} disconnects, ${counters.reconnects ?? 0} reconnected, ${counters.resumes} of them resumed`,
  );
  for (const [journey, ends] of Object.entries(final.journeys ?? {})) {
    for (const [end, count] of Object.entries(ends)) console.info(`${journey}: ${count} × ${end}`);
  }
  for (const [cause, count] of Object.entries(final.errors)) console.warn(`${count} × ${cause}`);
}

function handedOver(config: CrowdConfig): CrowdConfig {
  const token = __ENV.MATCHDAY_CONDUCTOR_TOKEN;
  return config.conductor && token ? { ...config, conductor: { ...config.conductor, token } } : config;
}

function configOf(env: Record<string, string | undefined>): CrowdConfig {
  const edges = urlsOf(env.TARGET ?? "");
  if (edges.length === 0) {
    throw new Error(
      "CROWD_CONFIG_INVALID: no target (give one with -e TARGET=http://…, see the top of script.ts)",
    );
  }
  const durationMs = ms(env.DURATION ?? "30s", "DURATION");
  const arriveMs = env.ARRIVE ? ms(env.ARRIVE, "ARRIVE") : durationMs / 10;
  const deadlineMs = ms(env.DEADLINE ?? "2s", "DEADLINE");
  const [minMs, maxMs] = pair(env.RECONNECT ?? "1s-5s", "-", "RECONNECT").map((part) =>
    ms(part, "RECONNECT"),
  ) as [number, number];
  const [share, bytesPerSecond] = pair(env.SLOW ?? "0@200", "@", "SLOW").map((part) =>
    number(part, "SLOW"),
  ) as [number, number];
  const match = env.MATCH ?? "final";
  const journeys = env.JOURNEY ? journeysOf(env.JOURNEY, env.PWD ?? "") : [];
  return {
    version: 1,
    generator: 0,
    generators: 1,
    clients: number(env.CLIENTS ?? "100", "CLIENTS"),
    ...(env.SOURCE ? { sourceAddress: env.SOURCE } : {}),
    target: {
      edges,
      path: env.PATH_TO ?? "/api/match/{match}/events",
      headers: json(env.HEADERS, "HEADERS"),
      insecureTls: env.INSECURE === "1",
      ...(env.SERVER_NAME ? { serverName: env.SERVER_NAME } : {}),
    },
    streams: env.JOURNEY ? [] : [streamOf(env, match)],
    ...(env.JOURNEY ? { journeys, targets: targetsOf(journeys, edges, json(env.TARGETS, "TARGETS")) } : {}),
    arrivals: { atMs: 0, withinMs: arriveMs },
    leaveAtMs: durationMs,
    phases: [
      { name: "arrive", fromMs: 0, toMs: arriveMs },
      { name: "baseline", fromMs: arriveMs, toMs: durationMs },
    ],
    deadlinesMs: {
      goal: deadlineMs,
      correction: deadlineMs,
      card: deadlineMs,
      status: deadlineMs,
      odds: deadlineMs,
    },
    ...(env.IGNORE ? { ignore: env.IGNORE.split(",").map((name) => name.trim()) } : {}),
    ...(env.AGE ? { age: { ...ageOf(env.AGE), deadlineMs } } : {}),
    quoteClass: "odds",
    quoteSampleMs: 250,
    reconnect: { minMs, maxMs },
    connectTimeoutMs: ms(env.TIMEOUT ?? "30s", "TIMEOUT"),
    slowReaders: { share, bytesPerSecond },
    seed: number(env.SEED ?? "1", "SEED"),
    anomalySample: 100,
    ...(env.EVENT_LIMIT ? { eventLimitBytes: bytes(env.EVENT_LIMIT, "EVENT_LIMIT") } : {}),
    ...(env.COOKIES === "1" ? { cookies: true } : {}),
    ...(env.OUT
      ? {
          files: {
            hlog: `${env.OUT}.hlog`,
            jsonl: `${env.OUT}.jsonl`,
            anomalies: `${env.OUT}.anomalies.jsonl`,
            ...(env.TRACE ? { spans: `${env.OUT}.spans.jsonl` } : {}),
            ...(env.JOURNEY ? { history: `${env.OUT}.history.jsonl` } : {}),
          },
        }
      : {}),
    ...(env.TRACE ? { trace: { share: number(env.TRACE, "TRACE"), windows: [] } } : {}),
  };
}

/** What is wrong with `ids` is said by the crowd itself. */
function streamOf(env: Record<string, string | undefined>, match: string): CrowdConfig["streams"][number] {
  const ids = env.IDS as IdMode | undefined;
  return { id: env.STREAM ?? `match:${match}`, match, share: 1, ...(ids ? { ids } : {}) };
}

/** What is wrong with the path or the unit is said by the crowd itself. */
function ageOf(text: string): AgeField {
  const colon = text.lastIndexOf(":");
  if (colon < 0) throw wrong("AGE", text, "a path and a unit such as data.ts:ms");
  return { path: text.slice(0, colon), unit: text.slice(colon + 1) as AgeField["unit"] };
}

/** One journey is the whole crowd's. */
function journeysOf(file: string, folder: string): Journey[] {
  // k6 would look for it beside this script.
  const text = open(file.startsWith("/") ? file : `${folder}/${file}`);
  let parsed: Journey | Journey[];
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error(`CROWD_CONFIG_INVALID: ${file} is no JSON`);
  }
  return Array.isArray(parsed) ? parsed : [{ ...parsed, share: 1 }];
}

/** What is wrong with a journey is said by the crowd itself, all of it at once. */
function targetsOf(journeys: Journey[], edges: string[], given: Record<string, string>) {
  const targets: Record<string, string[]> = {};
  for (const { steps = [] } of journeys) {
    for (const step of steps) {
      if ("target" in step) targets[step.target] = step.target in given ? urlsOf(given[step.target]!) : edges;
    }
  }
  return targets;
}

function wrong(name: string, value: string, wanted: string): Error {
  return new Error(`CROWD_CONFIG_INVALID: ${name} is ${value}; ${wanted} is wanted`);
}

function number(text: string, name: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw wrong(name, text, "a number");
  return value;
}

function bytes(text: string, name: string): number {
  const [, amount, unit] = /^(\d+)(KiB|MiB|)$/.exec(text) ?? [];
  const size = Number(amount) * { "": 1, KiB: 1024, MiB: 1024 ** 2 }[unit as "" | "KiB" | "MiB"];
  if (!(size > 0)) throw wrong(name, text, "a number of bytes above 0, such as 65536, 512KiB or 16MiB");
  return size;
}

/** A comma in a query does not end a URL: one with a scheme after it does. */
function urlsOf(text: string): string[] {
  return text
    .split(/,(?=\s*\w+:\/\/|\s*$)/)
    .map((url) => url.trim())
    .filter(Boolean);
}

function ms(text: string, name: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (!amount || !unit) throw wrong(name, text, "a duration such as 500ms, 30s or 2m");
  return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit]!;
}

function pair(text: string, between: string, name: string): [string, string] {
  const parts = text.split(between);
  if (parts.length !== 2) throw wrong(name, text, `two values with ${between} between`);
  return [parts[0]!, parts[1]!];
}

function json<T>(text: string | undefined, name: string): Record<string, T> {
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(name, text, "a JSON object");
  }
}
