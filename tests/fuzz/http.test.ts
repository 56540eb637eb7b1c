/**
 * Whatever comes to a route of a service, at the crowd's port or at ours: an answer within five seconds, never a 500, and of
 * every refusal a code and a fact. `FUZZ_SEED=7 FUZZ_CASES=20000` looks at others, and at more; a failure prints its seed.
 */
import { globSync, readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nowUs } from "../../common/clock.ts";
import { projectRoot } from "../../common/paths.ts";
import { until } from "../../common/until.ts";
import { scheduleOf } from "../../reference-stack/services/data-vendor/schedule.ts";
import { feedRequest } from "../../reference-stack/services/data-vendor/script-schema.ts";
import { usualBehaviour } from "../../reference-stack/services/payments/behaviour.ts";
import { Tokens } from "../../reference-stack/services/presale/tokens.ts";
import { challengeAnswer } from "../../reference-stack/services/waiting-room/asks.ts";
import { testPresale } from "../../reference-stack/testing/presale-script.ts";
import { startTestStack, type TestStack, ticks } from "../../reference-stack/testing/stack.ts";
import { startTestService } from "../../reference-stack/testing/test-service.ts";
import { type Endpoint, postgresUrl } from "../../reference-stack/topology.ts";
import { editText, editValue, hostileText, textEdits, valueEdits } from "./mutations.ts";

const cases = Number(process.env.FUZZ_CASES ?? 2000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const answerWithinMs = 5000;
const event = "final";

interface Route {
  port: "http" | "metrics";
  method: string;
  /** As the service has it. */
  path: string;
  /** What stands for the `:names` in it, and its query. */
  given?: Record<string, string>;
  query?: string;
  headers?: Record<string, string>;
  /** A body that is right. */
  body?: unknown;
  /** Its refusals are another program's. */
  handsOn?: true;
  /** Puts right what a body that is right after all has done. */
  undo?: { method: string; path: string; body?: unknown };
}

const goal = { type: "GOAL", factId: "g1", version: 1, team: "home", minute: 3, player: "Ann" };
const feed = {
  startAtUs: 1,
  script: {
    items: [{ atMs: 10, stream: "match:final", class: "goal", event: goal }],
    odds: [ticks(3, 100)],
    trace: { share: 0.5, windows: [{ fromMs: 0, toMs: 10 }] },
  },
};

/** Of every service. */
const everywhere: Route[] = [
  { port: "metrics", method: "GET", path: "/healthz" },
  { port: "http", method: "GET", path: "/healthz" },
  { port: "metrics", method: "GET", path: "/metrics" },
  { port: "metrics", method: "GET", path: "/figures" },
  { port: "metrics", method: "POST", path: "/spans" },
];

const presale = { event };
const buyer: Route["headers"] = {
  "idempotency-key": "k1",
  traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
};
const joins = {
  "x-fingerprint": "fp",
  "x-challenge": challengeAnswer(event, "ann"),
  "x-buyer-secret": "the-secret-of-ann",
};

/** By part; those that end what others need stand last. */
const routes: Record<string, Route[]> = {
  vendor: [
    { port: "http", method: "POST", path: "/v1/feed", body: feed },
    { port: "http", method: "GET", path: "/feed", query: "after=0" },
  ],
  scores: [
    { port: "http", method: "GET", path: "/v1/ledger", query: "after=0" },
    { port: "http", method: "POST", path: "/v1/streams", body: { streams: ["match:final"] } },
  ],
  edge: [
    { port: "http", method: "GET", path: "/api/match/:match/state", given: { match: "final" } },
    {
      port: "http",
      method: "GET",
      path: "/api/match/:match/events",
      given: { match: "final" },
      query: "client=7",
    },
  ],
  observer: [
    { port: "http", method: "GET", path: "/v1/exposition" },
    { port: "http", method: "POST", path: "/v1/exposition", body: "# TYPE a counter\na 1\n" },
    { port: "http", method: "GET", path: "/toxiproxy/*", given: { "*": "proxies" }, handsOn: true },
  ],
  "waiting-room": [
    {
      port: "http",
      method: "GET",
      path: "/api/presales/:event/queue",
      given: presale,
      query: "buyer=ann",
      headers: joins,
    },
    {
      port: "http",
      method: "DELETE",
      path: "/api/presales/:event/queue",
      given: presale,
      query: "buyer=ann&ticket=v1.",
    },
    { port: "http", method: "GET", path: "/api/presales/:event/seats/stream", given: presale },
  ],
  "box-office": [
    {
      port: "http",
      method: "GET",
      path: "/api/venues/:event",
      given: presale,
      headers: { "if-none-match": '"1"' },
    },
    { port: "http", method: "GET", path: "/api/presales/:event/availability", given: presale },
    {
      ...{ port: "http", method: "GET", path: "/api/presales/:event/sections/:section", query: "want=2" },
      given: { event, section: "north" },
    },
    {
      port: "http",
      method: "POST",
      path: "/api/presales/:event/holds",
      given: presale,
      headers: buyer,
      body: { seats: ["north-1-1"] },
    },
    {
      port: "http",
      method: "DELETE",
      path: "/api/presales/:event/holds/:hold",
      given: { event, hold: "h-1" },
    },
    {
      port: "http",
      method: "POST",
      path: "/api/presales/:event/bookings",
      given: presale,
      headers: buyer,
      body: { hold: "h-1", card: "card-1" },
    },
    { port: "http", method: "GET", path: "/api/presales/:event/bookings", given: presale },
    {
      ...{ port: "http", method: "GET", path: "/api/presales/:event/bookings/:booking", query: "confirm=1" },
      given: { event, booking: `b-${"x".repeat(22)}` },
    },
    { port: "metrics", method: "POST", path: "/v1/quiesce", body: { withinMs: 1000 } },
    { port: "metrics", method: "GET", path: "/v1/audit" },
  ],
  payments: [
    {
      ...{ port: "http", method: "POST", path: "/v1/charges", headers: { "idempotency-key": "k1" } },
      body: { booking: "b1", buyer: "ann", amountCents: 100, card: "card-1" },
    },
    { port: "http", method: "GET", path: "/v1/charges", query: "after=0" },
    { port: "http", method: "POST", path: "/v1/refunds", body: { key: "k1" } },
    { port: "http", method: "GET", path: "/v1/audit" },
    { port: "http", method: "GET", path: "/v1/behaviour" },
    {
      ...{ port: "http", method: "PUT", path: "/v1/behaviour", body: usualBehaviour },
      undo: { method: "PUT", path: "/v1/behaviour", body: usualBehaviour },
    },
  ],
  admission: [
    { port: "http", method: "GET", path: "/v1/presales/:event", given: presale },
    {
      port: "http",
      method: "GET",
      path: "/v1/presales/:event/decisions",
      given: presale,
      query: "afterUs=0",
    },
    { port: "http", method: "GET", path: "/v1/audit" },
    { port: "http", method: "POST", path: "/v1/quiesce" },
    {
      ...{ port: "http", method: "POST", path: "/v1/presales", body: testPresale({ event: "semi" }) },
      undo: { method: "DELETE", path: "/v1/presales/semi" },
    },
    { port: "http", method: "DELETE", path: "/v1/presales/:event", given: { event: "nobody" } },
  ],
};

/** Part of each system → service. */
const parts = {
  "live-scores": { vendor: "vendor", scores: "scores", "edge-1": "edge", observer: "observer" },
  "box-office": {
    "edge-1": "waiting-room",
    "box-office-1": "box-office",
    payments: "payments",
    admission: "admission",
  },
} as const;

type System = keyof typeof parts;
const stacks = new Map<System, TestStack>();
let observer: Record<Route["port"], Endpoint>;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  for (const system of Object.keys(parts) as System[]) stacks.set(system, await startTestStack(1, system));
  const scores = stacks.get("live-scores")!;
  const { stack } = scores;
  const nobody = postgresUrl({ host: "127.0.0.1", port: 1 }, "observer", stack.secrets);
  const started = await startTestService(scores, {
    ...{ name: "observer", service: "observer" },
    env: {
      CONTROL_TOKEN: stack.secrets.control,
      REDIS_URL: `redis://:${stack.secrets.redis}@127.0.0.1:${stack.addressOf("redis", "redis").port}`,
      POSTGRES_URL: nobody,
      REPLICA_URL: nobody,
      TOXIPROXY_URL: `http://127.0.0.1:${stack.addressOf("toxiproxy", "api").port}`,
    },
  });
  const at = (url: string) => ({ host: "127.0.0.1", port: Number(new URL(url).port) });
  observer = { http: at(started.url), metrics: at(started.adminUrl) };
  const order = (part: string, method: string, path: string, body: unknown) =>
    send(endpointOf(stackOf(part), part, "http"), {
      ...{ method, path, body: JSON.stringify(body) },
      headers: { authorization: authorizationOf(stackOf(part), true), "content-type": "application/json" },
    });
  const answers = [
    await order("scores", "POST", "/v1/streams", { streams: ["match:final"] }),
    await order("admission", "POST", "/v1/presales", testPresale({ event })),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  for (const [part, path] of [
    ["edge-1", "/api/match/final/state"],
    ["box-office-1", `/api/venues/${event}`],
  ] as const) {
    const system = part === "edge-1" ? "live-scores" : "box-office";
    await until(
      async () =>
        (await send(endpointOf(system, part, "http"), { method: "GET", path, headers: {} })).status === 200,
      {
        withinMs: 10_000,
        orElse: `${part} does not know it`,
      },
    );
  }
}, 90_000);

afterAll(async () => {
  agent.destroy();
  for (const run of stacks.values()) await run[Symbol.asyncDispose]();
}, 60_000);

const stackOf = (part: string): System => (part in parts["live-scores"] ? "live-scores" : "box-office");

function endpointOf(system: System, part: string, port: Route["port"]): Endpoint {
  return part === "observer" ? observer[port] : stacks.get(system)!.stack.addressOf(part, port);
}

function authorizationOf(system: System, control: boolean): string {
  const { secrets } = stacks.get(system)!.stack;
  if (control) return `Bearer ${secrets.control}`;
  const admission = new Tokens(secrets.tickets).admission({
    event,
    buyer: "ann",
    expiresAtUs: nowUs() + 3_600_000_000,
  });
  return `Bearer ${admission}`;
}

interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array | undefined;
}

interface Answer {
  /** 0: the connection was closed without one. */
  status: number;
  type: string;
  body: string;
}

/** The path goes out as it is; what never ends is left at its head. */
function send(at: Endpoint, { method, path, headers, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const asked = httpRequest(
      { ...at, agent, method, path, headers: { ...headers, ...length } },
      (response) => {
        const [status, type] = [response.statusCode!, response.headers["content-type"] ?? ""];
        if (type === "text/event-stream" || (status === 200 && path.startsWith("/feed"))) {
          asked.destroy();
          resolve({ status, type, body: "" });
          return;
        }
        const pieces: Buffer[] = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("end", () => {
          clearTimeout(late);
          resolve({ status, type, body: Buffer.concat(pieces).toString() });
        });
      },
    );
    const late = setTimeout(() => {
      reject(new Error(`no answer within ${answerWithinMs} ms`));
      asked.destroy();
    }, answerWithinMs);
    asked.on("close", () => clearTimeout(late));
    asked.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNREFUSED" ? reject(error) : resolve({ status: 0, type: "", body: error.message }),
    );
    asked.end(body);
  });
}

const given = fc.oneof(
  { weight: 6, arbitrary: fc.constant("right" as const) },
  { weight: 1, arbitrary: fc.constant("missing" as const) },
  { weight: 2, arbitrary: fc.record({ text: hostileText }) },
);
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"];
const caseOf = (all: readonly Route[]) =>
  fc.record({
    route: fc.constantFrom(...all),
    method: fc.oneof(
      { weight: 7, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...methods) },
    ),
    place: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: textEdits }),
    parts: fc.array(given, { minLength: 8, maxLength: 8 }),
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constant("application/json") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data",
          "*/*",
        ),
      },
      { weight: 1, arbitrary: hostileText },
    ),
    body: fc.oneof(
      { weight: 2, arbitrary: fc.constant({ values: [] }) },
      { weight: 6, arbitrary: fc.record({ values: valueEdits }) },
      { weight: 3, arbitrary: fc.record({ text: textEdits }) },
      { weight: 1, arbitrary: fc.record({ raw: fc.oneof(hostileText, fc.uint8Array({ maxLength: 300 })) }) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  });
type Case = ReturnType<typeof caseOf> extends fc.Arbitrary<infer T> ? T : never;

/** What HTTP can carry of a text: Node refuses to send the rest. */
const inHeader = (text: string) => text.replace(/[^\t\x20-\x7e]/g, "").slice(0, 8000);
const inPath = (text: string) =>
  text.replace(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char.toWellFormed()));

function askedOf(system: System, { route, ...how }: Case): Asked {
  const parts_ = how.parts.values();
  const changed = (right: string): string | undefined => {
    const part = parts_.next().value ?? "right";
    return part === "right" ? right : part === "missing" ? undefined : part.text;
  };
  const path = route.path.replace(
    /:\w+|\*/g,
    (name) => changed(route.given?.[name.replace(":", "")] ?? "") ?? "",
  );
  const target = editText(route.query === undefined ? path : `${path}?${route.query}`, how.place).slice(
    0,
    8000,
  );
  const control = !route.path.startsWith("/api/");
  const headers: Record<string, string> = {};
  for (const [name, right] of Object.entries({
    authorization: authorizationOf(system, control),
    ...route.headers,
  })) {
    const value = changed(right);
    if (value !== undefined) headers[name] = inHeader(value);
  }
  const method = how.method ?? route.method;
  const bare = method === "GET" || method === "HEAD" || method === "TRACE";
  if (how.body === undefined || (bare && how.parts[0] === "right")) {
    return { method, path: inPath(target.startsWith("/") ? target : `/${target}`), headers };
  }
  headers["content-type"] = inHeader(
    typeof route.body === "string" ? how.type.replace("application/json", "text/plain") : how.type,
  );
  const right = route.body ?? {};
  const text = typeof right === "string" ? right : JSON.stringify(right);
  const body =
    "values" in how.body
      ? JSON.stringify(editValue(right, how.body.values))
      : "text" in how.body
        ? editText(text, how.body.text)
        : how.body.raw;
  return {
    method,
    path: inPath(target.startsWith("/") ? target : `/${target}`),
    headers,
    body: body ?? "null",
  };
}

function problemOf({ route }: Case, asked: Asked, { status, type, body }: Answer): string | undefined {
  // A server may close on a body that it will not read to its end.
  if (status === 0)
    return Buffer.byteLength(asked.body ?? "") > 10_000 ? undefined : "it closed the connection";
  if (status >= 500 && status !== 503 && !route.handsOn) return "it failed";
  if (status < 400 || asked.method === "HEAD" || (route.handsOn && asked.path.startsWith("/toxiproxy/")))
    return undefined;
  if (!type.startsWith("application/json")) return `it refuses in ${type}`;
  const { code, fact } = JSON.parse(body);
  return /^[A-Z][A-Z0-9_]+$/.test(code) && typeof fact === "string" && /\w/.test(fact)
    ? undefined
    : "it refuses in another shape";
}

const every = Object.entries(parts).flatMap(([system, of]) =>
  Object.entries(of).map(([part, service]) => [service, system as System, part] as const),
);

test.each(every)(
  "%s answers whatever comes",
  async (service, system, part) => {
    const all = [...everywhere, ...routes[service]!, ...routes[service]!];
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(caseOf(all), async (one) => {
        const at = endpointOf(system, part, one.route.port);
        const asked = askedOf(system, one);
        const answer = await send(at, asked);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const problem = problemOf(one, asked, answer);
        if (problem) {
          throw new Error(
            `${problem}: ${asked.method} ${asked.path} ${JSON.stringify(asked.headers)} ${asked.body}\n→ ${answer.status} ${answer.body}`,
          );
        }
        const { undo } = one.route;
        if (!undo || answer.status >= 300) return;
        const headers = { authorization: authorizationOf(system, true), "content-type": "application/json" };
        await send(at, {
          ...undo,
          headers,
          body: undo.body === undefined ? undefined : JSON.stringify(undo.body),
        });
      }),
      { numRuns: Math.ceil(cases / every.length), seed, endOnFailure: false },
    );
    const health = await send(endpointOf(system, part, "metrics"), {
      method: "GET",
      path: "/healthz",
      headers: {},
    });
    expect(health.status, "it lives").toBe(200);
    // What is refused by the first of all checks tries no other.
    expect(statuses.get(200), JSON.stringify([...statuses])).toBeGreaterThan(cases / every.length / 50);
  },
  120_000 + cases * 100,
);

test(
  "a script that the vendor takes has an end",
  () => {
    fc.assert(
      fc.property(valueEdits, (edits) => {
        const parsed = feedRequest.safeParse(editValue(feed, edits));
        if (!parsed.success) return;
        for (const { sourceAtUs } of scheduleOf(parsed.data.script, parsed.data.startAtUs))
          expect(Number.isSafeInteger(sourceAtUs)).toBe(true);
      }),
      { numRuns: cases, seed },
    );
  },
  60_000 + cases * 100,
);

test("no route is left out", () => {
  const folder = join(projectRoot, "reference-stack/services");
  const found = globSync("**/*.ts", { cwd: folder })
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), "utf8").matchAll(
        /\.(get|post|put|patch|delete)(?:<[^(]*>)?\(\s*"(\/[^"]*)"/g,
      ),
    ])
    .map(([, method, path]) => `${method!.toUpperCase()} ${path}`);
  expect(found.length).toBeGreaterThan(20);
  const tried = [...everywhere, ...Object.values(routes).flat()].map(
    ({ method, path }) => `${method} ${path}`,
  );
  expect(tried).toEqual(expect.arrayContaining(found));
});
