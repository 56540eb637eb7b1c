import { readdirSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { VirtualClock } from "../../common/virtual-clock.ts";
import { heal } from "../heal.ts";
import { boxOffice, FakeStack, fakeToxiproxy, liveScores } from "../testing/fake-stack.ts";
import { faultKinds } from "./index.ts";

// Real HTTP on loopback: a busy machine may take its time.
vi.setConfig({ testTimeout: 30_000 });

test("every fault file of the folder is in the list, under its own name", () => {
  const files = readdirSync(import.meta.dirname)
    .map((file) => file.replace(".ts", ""))
    .filter((name) => name !== "index" && !name.endsWith(".test"));
  expect([...faultKinds.keys()].sort()).toEqual(files.sort());
});

/** Kinds that act on what only the box office has. */
const ofBoxOffice = ["payment-slow", "payments-down"];
const stackFor = (id: string) => new FakeStack(ofBoxOffice.includes(id) ? boxOffice : liveScores);

test.each([...faultKinds.values()])(
  "$id takes its own defaults, and no option that it does not know",
  (kind) => {
    const stack = stackFor(kind.id);
    const given = Object.fromEntries(Object.entries(kind.defaults).filter(([, value]) => value !== null));
    const shape = { legs: stack.legs.map(({ name }) => name), parts: stack.parts };
    expect(kind.problems({}, shape)).toEqual([]);
    expect(kind.problems(given, shape)).toEqual([]);
    expect(kind.undo(given, stack)).toEqual(kind.undo({}, stack));
    expect(kind.touches({}, shape)).toEqual(kind.touches({}, stack));
    expect(kind.target({}, shape)).toBe(kind.target({}, stack));
    expect(kind.problems({ colour: "red" })).toMatchObject([
      {
        code: "FAULT_OPTION_UNKNOWN",
        option: "colour",
        remedy: expect.stringContaining(Object.keys(kind.defaults)[0]!),
      },
    ]);
  },
);

const redisLegs = ["scores.redis", "edge-1.redis", "edge-2.redis"];
const latency = (name: string, ms: number, jitter: number) => ({
  name,
  type: "latency",
  stream: "downstream",
  toxicity: 1,
  attributes: { latency: ms, jitter },
});
const blackHole = ["upstream", "downstream"].map((stream) => ({
  name: `matchday-redis-down-${stream}`,
  type: "timeout",
  stream,
  toxicity: 1,
  attributes: { timeout: 0 },
}));

test.each([
  ["redis-down", {}, "all Redis legs", "Redis away", redisLegs, { enabled: false, toxics: [] }],
  [
    "redis-down",
    { mode: "black-hole", legs: "edge-*.redis" },
    "edge-1.redis, edge-2.redis",
    "Redis unreachable",
    ["edge-1.redis", "edge-2.redis"],
    { enabled: true, toxics: blackHole },
  ],
  [
    "redis-down",
    { legs: "edge-1.redis" },
    "edge-1.redis",
    "edge-1 without Redis",
    ["edge-1.redis"],
    { enabled: false, toxics: [] },
  ],
  [
    "postgres-down",
    {},
    "scores.postgres",
    "PostgreSQL away",
    ["scores.postgres"],
    { enabled: false, toxics: [] },
  ],
  [
    "slow-redis",
    { latency: "1.5s" },
    "all Redis legs",
    "Redis late by 1.5 s",
    redisLegs,
    { enabled: true, toxics: [latency("matchday-slow-redis", 1500, 0)] },
  ],
  [
    "feed-jitter",
    { latency: "80ms", jitter: "20ms" },
    "scores.vendor",
    "Feed late by 80 ms ± 20 ms",
    ["scores.vendor"],
    { enabled: true, toxics: [latency("matchday-feed-jitter", 80, 20)] },
  ],
])(
  "%s %j breaks its legs, and no other; its undo steps heal them",
  async (id, options, target, band, legs, broken) => {
    const kind = faultKinds.get(id)!;
    const stack = new FakeStack();
    await using toxiproxy = await fakeToxiproxy(stack.legs.map(({ name }) => name));
    stack.toxiproxyUrl = toxiproxy.url;
    expect(kind.target(options, stack)).toBe(target);
    expect(kind.band(options)).toBe(band);
    expect(kind.touches(options, stack).sort()).toEqual(legs.toSorted());

    const undo = kind.undo(options, stack);
    await kind.inject(options, stack);
    for (const [name, { enabled, toxics }] of toxiproxy.proxies) {
      expect({ enabled, toxics }, name).toEqual(legs.includes(name) ? broken : { enabled: true, toxics: [] });
    }
    const healing = { fault: id, stack, clock: new VirtualClock(), withinMs: 2000, injected: true };
    await heal(undo, healing);
    for (const { enabled, toxics } of toxiproxy.proxies.values())
      expect({ enabled, toxics }).toEqual({ enabled: true, toxics: [] });
    // Once more changes nothing.
    const before = toxiproxy.calls.length;
    await heal(undo, healing);
    expect(toxiproxy.calls.slice(before)).toEqual([]);
  },
);

const ofAllPayments = ["box-office-1.payments", "box-office-2.payments"];

test.each([
  [
    "payment-slow",
    "all Payment provider legs",
    "Payments late by 8 s",
    ofAllPayments,
    { enabled: true, toxics: [latency("matchday-payment-slow", 8000, 0)] },
  ],
  [
    "payments-down",
    "all Payment provider legs",
    "Payment provider away",
    ofAllPayments,
    { enabled: false, toxics: [] },
  ],
  [
    "postgres-primary-down",
    "all PostgreSQL primary legs",
    "PostgreSQL primary away",
    ["box-office-1.postgres", "box-office-2.postgres", "postgres-replica.postgres"],
    { enabled: false, toxics: [] },
  ],
])("%s breaks its legs of the box office, and no other", async (id, target, band, legs, broken) => {
  const kind = faultKinds.get(id)!;
  const stack = new FakeStack(boxOffice);
  await using toxiproxy = await fakeToxiproxy(boxOffice.legs);
  stack.toxiproxyUrl = toxiproxy.url;
  expect(kind.target({}, stack)).toBe(target);
  expect(kind.band({})).toBe(band);
  expect(kind.touches({}, stack).sort()).toEqual(legs);
  await kind.inject({}, stack);
  for (const [name, { enabled, toxics }] of toxiproxy.proxies) {
    expect({ enabled, toxics }, name).toEqual(legs.includes(name) ? broken : { enabled: true, toxics: [] });
  }
  await heal(kind.undo({}, stack), {
    fault: id,
    stack,
    clock: new VirtualClock(),
    withinMs: 2000,
    injected: true,
  });
  for (const { enabled, toxics } of toxiproxy.proxies.values())
    expect({ enabled, toxics }).toEqual({ enabled: true, toxics: [] });
});

test("a leg that refuses its injection keeps no other from being awaited", async () => {
  const stack = new FakeStack();
  await using toxiproxy = await fakeToxiproxy(stack.legs.map(({ name }) => name));
  stack.toxiproxyUrl = toxiproxy.url;
  toxiproxy.refused.add("POST /proxies/scores.redis");
  await expect(faultKinds.get("redis-down")!.inject({}, stack)).rejects.toMatchObject({
    code: "TOXIPROXY_FAILED",
  });
  const enabled = redisLegs.map((leg) => toxiproxy.proxies.get(leg)!.enabled);
  expect(enabled).toEqual([true, false, false]);
});

test("a heal that Toxiproxy refuses says which leg, and why; the other legs are healed", async () => {
  const stack = new FakeStack();
  await using toxiproxy = await fakeToxiproxy(stack.legs.map(({ name }) => name));
  stack.toxiproxyUrl = toxiproxy.url;
  const kind = faultKinds.get("redis-down")!;
  await kind.inject({}, stack);
  toxiproxy.refused.add("POST /proxies/scores.redis");
  const clock = new VirtualClock();
  const undo = kind.undo({}, stack);
  const healing = heal(undo, { fault: "redis-down", stack, clock, withinMs: 100, injected: true });
  const judged = expect(healing).rejects.toMatchObject({
    code: "FAULT_NOT_HEALED",
    message: expect.stringMatching(
      /^redis-down is not healed after 100 ms: not scores\.redis enabled: .*500/,
    ),
  });
  // The first try is over once the second is slept for, beside the deadline.
  await vi.waitFor(() => expect(clock.sleeping).toBe(2), { timeout: 20_000 });
  await clock.advance(100);
  await judged;
  expect(redisLegs.map((leg) => toxiproxy.proxies.get(leg)!.enabled)).toEqual([false, true, true]);
});

test.each([
  ["edge-crash", {}, "edge-2", "Last edge down", "kill edge-2", "restart edge-2"],
  ["edge-crash", { edge: "edge-1" }, "edge-1", "Edge-1 down", "kill edge-1", "restart edge-1"],
  ["edge-pause", {}, "edge-2", "Last edge frozen", "pause edge-2", "unpause edge-2"],
])("%s %j acts on its edge", async (id, options, target, band, injected, healed) => {
  const kind = faultKinds.get(id)!;
  const stack = new FakeStack();
  expect(kind.target(options, stack)).toBe(target);
  expect(kind.band(options)).toBe(band);
  await kind.inject(options, stack);
  await heal(kind.undo(options, stack), {
    fault: id,
    stack,
    clock: new VirtualClock(),
    withinMs: 2000,
    injected: true,
  });
  expect(stack.calls).toEqual([injected, healed]);
  expect([...stack.down]).toEqual([]);
});

test("the last edge is the one of the highest number", () => {
  const parts = ["edge-9", "edge-10", "scores", "edge-2"];
  expect(faultKinds.get("edge-crash")!.target({}, { legs: [], parts })).toBe("edge-10");
});
