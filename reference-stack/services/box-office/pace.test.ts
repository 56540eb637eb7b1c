import Fastify from "fastify";
import { beforeEach, expect, test } from "vitest";
import { ServiceMetrics } from "../../service-kit/metrics.ts";
import { presaleNames } from "../presale/redis-names.ts";
import { Pace } from "./pace.ts";

let said: [key: string, ms: number][];
let metrics: ServiceMetrics;
let pace: Pace;
let away: boolean;

beforeEach(() => {
  said = [];
  away = false;
  metrics = new ServiceMetrics("box-office-1");
  const client = { set: async (key: string, ms: number) => said.push([key, ms]) };
  const call = async (_: string, ask: (to: never) => unknown) => {
    if (away) throw Object.assign(new Error("Socket closed unexpectedly"), { code: "ECONNREFUSED" });
    return ask(client as never);
  };
  pace = new Pace({ metrics, redis: { call: call as never } });
});

const answers = (...tookMs: number[]) => {
  for (const ms of tookMs) pace.took(ms);
};
const prompt = Array.from({ length: 95 }, () => 5);

test("nothing is said while one in twenty at most is late", async () => {
  answers(...prompt, 900, 900, 900, 900, 900);
  await pace.tell();
  expect(said).toEqual([]);
});

test("what the slowest twentieth took is said, and forgotten after that", async () => {
  answers(...prompt, 600, 700, 800, 900, 1000, 1100);
  await pace.tell();
  expect(said).toEqual([[presaleNames.slow, 600]]);
  expect(await metrics.registry.metrics()).toMatch(/matchday_answer_p95_seconds\{.*\} 0\.6\n/);
  await pace.tell();
  expect(said).toHaveLength(1);
});

test("a few late answers say nothing", async () => {
  answers(900, 900, 900);
  await pace.tell();
  expect(said).toEqual([]);
});

test("an event loop that comes round late is slow, whatever it has answered", async () => {
  metrics.loopLagP99Ms = 720.4;
  await pace.tell();
  expect(said).toEqual([[presaleNames.slow, 720]]);
});

test("a Redis that is away is no reason to fail", async () => {
  away = true;
  metrics.loopLagP99Ms = 900;
  await pace.tell();
});

test("answers that wait for a payment, and refusals for want of a store, do not count", async () => {
  const api = Fastify();
  const took: number[] = [];
  pace.took = (ms) => took.push(ms);
  pace.watch(api);
  api.post("/api/presales/:event/bookings", async () => ({}));
  api.get("/api/presales/:event/bookings", async () => ({}));
  api.get("/away", async (_, reply) => reply.code(503).send({}));
  const counted = async (method: "GET" | "POST", url: string) => {
    const before = took.length;
    await api.inject({ method, url });
    return took.length - before;
  };
  expect(await counted("POST", "/api/presales/final/bookings")).toBe(0);
  expect(await counted("GET", "/away")).toBe(0);
  expect(await counted("GET", "/api/presales/final/bookings")).toBe(1);
});
