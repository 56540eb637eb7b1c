import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CrowdInterval } from "../common/records.ts";
import { LiveFeed } from "../measurements/live.ts";
import { healthyRun } from "../verdict/testing/record.ts";
import { Conductor } from "./conductor.ts";
import { Exposition } from "./exposition/exposition.ts";

let conductor: Conductor;
let told: CrowdInterval[];

beforeEach(async () => {
  told = [];
  conductor = await Conductor.start({ generators: 2, durationMs: 60_000 }, (interval) => told.push(interval));
});

afterEach(() => conductor.close());

const { generators } = healthyRun({ generators: 2 }).record;
const interval = generators[0]!.intervals[0]!;
const final = generators[0]!.final!;

interface Sent {
  headers?: Record<string, string>;
  body?: unknown;
  method?: string;
}

/** By a client that sends the path as it is, and any Host. */
async function ask(path: string, { headers = {}, body, method = "GET" }: Sent = {}) {
  const { hostname, port } = new URL(conductor.url);
  const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const request = httpRequest({ host: hostname, port, path, method, headers });
  request.end(text);
  const [response] = await once(request, "response");
  let answer = "";
  for await (const chunk of response) answer += chunk;
  return { status: response.statusCode as number, answer };
}

const as = (n: number, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${conductor.tokenOf(n)}`,
  "content-type": "application/json",
  ...more,
});
const post = (path: string, body: unknown, headers = as(0)) => ask(path, { method: "POST", headers, body });

test("anybody on this machine may scrape the run", async () => {
  expect((await ask("/metrics")).status).toBe(503);
  conductor.showMetrics(new Exposition(healthyRun().plan, new LiveFeed(1)));
  const answer = await fetch(`${conductor.url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toContain("\nmatchday_run_info{run=");
});

describe("nobody gives orders without a generator's token", () => {
  test.each([
    "/v1/clock",
    "/v%31/clock",
    "/%76%31/%63lock",
    "http://127.0.0.1/v1/clock",
    "http://elsewhere.example/v1/clock",
    "/v1/clock?x=/v1/",
    "/v1/clock#",
  ])("GET %s", async (path) => {
    expect((await ask(path)).status).not.toBe(200);
    expect((await ask(path, { headers: { authorization: "Bearer " } })).status).not.toBe(200);
  });

  test.each(["ready", "intervals", "final"])("POST %s", async (what) => {
    for (const path of [
      `/v1/generators/0/${what}`,
      `/v%31/generators/0/${what}`,
      `/v1/generators/%30/${what}`,
    ]) {
      const answer = await post(path, interval, { "content-type": "application/json" } as never);
      expect(answer.status).toBe(401);
    }
    expect([told, [...conductor.ready], [...conductor.finals]]).toEqual([[], [], []]);
  });

  test("with it, the clock answers", async () => {
    expect((await ask("/v1/clock", { headers: as(1) })).status).toBe(200);
  });
});

describe("a generator speaks for itself alone", () => {
  test.each(["1", "2", "00", "-0", "1e0", "0x0", "x", "__proto__"])("as %s", async (n) => {
    for (const what of ["ready", "intervals", "final"])
      expect((await post(`/v1/generators/${n}/${what}`, interval)).status).toBe(401);
    expect(conductor.ready.size).toBe(0);
  });

  test("nor in the name of another in what it says", async () => {
    expect((await post("/v1/generators/0/intervals", { ...interval, generator: 1 })).status).toBe(400);
    expect((await post("/v1/generators/0/final", { ...final, generator: 1 })).status).toBe(400);
    expect(told).toEqual([]);
  });

  test("what fits is taken in, until its last", async () => {
    expect(await post("/v1/generators/0/intervals", interval)).toEqual({
      status: 200,
      answer: '{"stop":false}',
    });
    expect(told).toHaveLength(1);
    expect((await post("/v1/generators/0/final", final)).status).toBe(200);
    expect((await post("/v1/generators/0/intervals", { ...interval, index: 1 })).status).toBe(200);
    expect(told).toHaveLength(1);
  });
});

describe("what makes no sense is refused, and changes nothing", () => {
  test.each<[string, unknown]>([
    ["an index of a trillion", { ...interval, index: 1e12 }],
    ["an index that no second has", { ...interval, index: 60 + 121 }],
    ["an index below zero", { ...interval, index: -1 }],
    ["half an index", { ...interval, index: 0.5 }],
    ["an index as text", { ...interval, index: "0" }],
    ["a time that is not there", { ...interval, toMs: null }],
    ["a time of years", { ...interval, toMs: 1e15 }],
    ["a counter below zero", { ...interval, counters: { ...interval.counters, events: -1 } }],
    ["no counters", { ...interval, counters: undefined }],
    ["a histogram that is a number", { ...interval, histograms: { event_age: 1 } }],
    ["a list", [interval]],
    ["nothing", null],
  ])("%s", async (_, body) => {
    const { status, answer } = await post("/v1/generators/0/intervals", body);
    expect(status).toBe(400);
    expect(JSON.parse(answer)).toMatchObject({ code: "MESSAGE_INVALID" });
    expect(told).toEqual([]);
  });

  test("a body that is no JSON, or not said to be", async () => {
    expect((await post("/v1/generators/0/intervals", "{")).status).toBe(400);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const answer = await post("/v1/generators/0/intervals", interval, as(0, { "content-type": type }));
      expect(answer.status).toBe(415);
    }
    expect(told).toEqual([]);
  });
});

describe("a web page of somebody else's", () => {
  beforeEach(() => conductor.showLive({ page: (url) => `page at ${url}`, data: () => ({ some: "data" }) }));

  const link = () => {
    const { pathname, search } = new URL(conductor.liveUrl);
    return pathname + search;
  };

  test("whoever has the link sees the live page, and its data", async () => {
    const { status, answer } = await ask(link());
    expect(status).toBe(200);
    const [, dataUrl] = /^page at (\/live\.json\?token=.+)$/.exec(answer)!;
    expect(await ask(dataUrl!)).toEqual({ status: 200, answer: '{"some":"data"}' });
  });

  test.each(["/", "/?token=", "/?token=x", "/live.json", "/live%2ejson", "/?token=a&token=b"])(
    "nobody else does: %s",
    async (path) => {
      expect((await ask(path)).status).toBe(401);
    },
  );

  test("a name that leads here is not ours", async () => {
    for (const host of [
      "evil.example",
      "evil.example:80",
      "127.0.0.1.evil.example",
      "localhost.",

      "[::1",
      "a b",
    ]) {
      expect((await ask(link(), { headers: { host } })).status).not.toBe(200);
      expect((await ask("/metrics", { headers: { host } })).status).not.toBe(200);
    }
    for (const host of ["localhost", "localhost:1234", "127.0.0.1", "[::1]:80"])
      expect((await ask(link(), { headers: { host } })).status).toBe(200);
  });

  test("a page of another origin is not served, whatever it knows", async () => {
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
      const headers = as(0, { origin });
      expect((await ask("/v1/clock", { headers })).status).toBe(403);
      expect((await ask(link(), { headers: { origin } })).status).toBe(403);
    }
  });
});

test.each([
  ["an unknown path", "/nothere", 404, "ROUTE_UNKNOWN"],
  ["a path that is none", "/%ff", 400, "REQUEST_INVALID"],
])("%s is refused as everything is, with a code and a fact", async (_, path, status, code) => {
  const told = await ask(path);
  expect(told.status).toBe(status);
  expect(JSON.parse(told.answer)).toEqual({ code, fact: expect.any(String) });
});

test("a request that never ends keeps no connection", async () => {
  const { hostname, port } = new URL(conductor.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write("POST /v1/generators/0/final HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const drip = setInterval(() => socket.write("a"), 500);
  try {
    let answer = "";
    for await (const chunk of socket.setEncoding("latin1")) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    clearInterval(drip);
  }
}, 20_000);
