import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { testPresale } from "../../testing/presale-script.ts";
import { joinWithinMs, type Opening, Openings } from "./openings.ts";
import { Room, waitingGroup } from "./room.ts";

const presale = testPresale();
const room = new Room(presale, JSON.stringify(presale), 0);

let redis: { up: boolean; fails: number };
let calls: string[][];
let answers: [buyer: string, answer: number | string][];
let openings: Openings;

beforeEach(() => {
  vi.useFakeTimers();
  redis = { up: true, fails: 0 };
  calls = [];
  answers = [];
  const link = {
    get up() {
      return redis.up;
    },
    async call(_: string, ask: (client: RedisClient) => Promise<unknown>) {
      if (redis.fails-- > 0) throw new Error("Redis is away");
      return ask(undefined as never);
    },
  } as unknown as RedisLink;
  openings = new Openings({
    link,
    async ask(_, __, batch) {
      calls.push(batch.map(({ waiter }) => waiter.buyer));
      return batch.map((____, index) => ({ ordinal: index + 1, joinedAtUs: 1, untilUs: 0 }));
    },
    doesWithout: ({ claimed }) => claimed > 0,
    answered: ({ waiter }, answer) =>
      answers.push([waiter.buyer, "status" in answer ? answer.code : answer.ordinal]),
  });
});

afterEach(() => {
  openings.close();
  vi.useRealTimers();
});

function opening(buyer: string, destroyed = false): Opening {
  const waiter = { socket: { destroyed }, room, buyer, ordinal: 0, mode: "replaying" as const };
  return {
    waiter: {
      ...waiter,
      slowRounds: 0,
      channel: waitingGroup,
      twin: undefined,
    } as unknown as Opening["waiter"],
    fingerprint: "fp",
    secretHash: "hash",
    claimed: 0,
    deadlineMs: performance.now() + joinWithinMs,
  };
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("all who come within some milliseconds are asked for in one call, in their order", async () => {
  for (const buyer of ["a", "b", "c"]) openings.add(opening(buyer));
  await advance(20);
  openings.add(opening("d"));
  await advance(20);
  expect(calls).toEqual([["a", "b", "c"], ["d"]]);
  expect(answers).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 3],
    ["d", 1],
  ]);
});

test("many are asked for in calls that Redis bears", async () => {
  for (let index = 0; index < 1200; index++) openings.add(opening(`b-${index}`));
  await advance(50);
  expect(calls.map(({ length }) => length)).toEqual([500, 500, 200]);
  expect(calls.flat()).toEqual(Array.from({ length: 1200 }, (_, index) => `b-${index}`));
});

test("whoever left meanwhile is not asked for", async () => {
  openings.add(opening("gone", true));
  openings.add(opening("here"));
  await advance(20);
  expect(calls).toEqual([["here"]]);
});

test("a call that fails is made again, and nobody changes places", async () => {
  redis.fails = 1;
  openings.add(opening("a"));
  await advance(12);
  openings.add(opening("b"));
  await advance(100);
  expect(calls).toEqual([]);
  await advance(250);
  expect(calls).toEqual([["a", "b"]]);
});

test("with Redis away joins wait, and are made when it is back", async () => {
  redis.up = false;
  openings.add(opening("a"));
  await advance(9000);
  expect([answers, openings.pending]).toEqual([[], 1]);
  redis.up = true;
  openings.wake();
  await advance(20);
  expect(answers).toEqual([["a", 1]]);
});

test("with Redis away a ticket is enough", async () => {
  redis.up = false;
  openings.add({ ...opening("a"), claimed: 7 });
  openings.add(opening("b"));
  await advance(300);
  expect([answers, openings.pending]).toEqual([[], 1]);
});

test("who has waited for ten seconds is told that it does not work", async () => {
  redis.up = false;
  openings.add(opening("a"));
  await advance(joinWithinMs + 500);
  expect(answers).toEqual([["a", "NOT_READY"]]);
  expect(openings.pending).toBe(0);
});

test("who waits when the edge stops is told so", () => {
  redis.up = false;
  openings.add(opening("a"));
  openings.close();
  expect(answers).toEqual([["a", "STOPPING"]]);
});
