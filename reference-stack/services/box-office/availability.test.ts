import { beforeEach, expect, test } from "vitest";
import { testPresale } from "../../testing/presale-script.ts";
import type { KnownPresale } from "../presale/presales.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import { seatCount } from "../presale/seat-of.ts";
import { Availability } from "./availability.ts";

const script = testPresale();
const presale: KnownPresale = {
  script,
  json: JSON.stringify(script),
  keys: presaleKeys(script.event),
  sections: new Map(script.venue.sections.map((section) => [section.id, section])),
  seats: seatCount(script.venue),
};

let atMs: number;
let calls: number;
let away: boolean;
let soldOut: number;
let availability: Availability;

/** Answers with as many free seats as there were calls, for each section. */
const redis = {
  async call<T>(): Promise<T> {
    if (away) throw new Error("away");
    calls++;
    return [0, 0, soldOut, 0, calls, calls] as T;
  },
};

beforeEach(() => {
  [atMs, calls, away, soldOut] = [0, 0, false, 0];
  const dice = [0, 0.5];
  availability = new Availability({ redis, nowMs: () => atMs, random: () => dice.shift() ?? 0 });
});

async function look() {
  const { cache, body } = await availability.read(presale);
  return [cache, ...JSON.parse(body.toString()).sections.map(({ free }: { free: number }) => free)];
}

const delta = (seats: string[]) => [{ seq: 1, state: "held" as const, seats, atUs: 1 }];

test("counts grow old one after the other", async () => {
  expect(await look()).toEqual(["miss", 1, 1]);
  atMs = 499;
  expect(await look()).toEqual(["hit", 1, 1]);
  atMs = 500;
  expect(await look()).toEqual(["miss", 2, 1]);
  atMs = 999;
  expect(await look()).toEqual(["hit", 2, 1]);
  atMs = 1000;
  expect(await look()).toEqual(["miss", 3, 3]);
});

test("many who come at once share one read", async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, look));
  expect(answers).toEqual(Array.from({ length: 500 }, () => ["miss", 1, 1]));
});

test("a change makes its section old, though not at once again", async () => {
  await look();
  availability.changed("final", delta(["south-1-1"]));
  atMs = 99;
  expect(await look()).toEqual(["hit", 1, 1]);
  atMs = 100;
  expect(await look()).toEqual(["miss", 1, 2]);
  atMs = 300;
  expect(await look()).toEqual(["hit", 1, 2]);
  availability.changed("other", delta(["south-1-1"]));
  expect(await look()).toEqual(["hit", 1, 2]);
  availability.allChanged("final");
  expect(await look()).toEqual(["miss", 3, 3]);
});

test("Redis away: what is known is stale, and says of when it is", async () => {
  away = true;
  await expect(look()).rejects.toThrow("Redis does not answer");
  away = false;
  await look();
  const { asOfUs } = JSON.parse((await availability.read(presale)).body.toString());
  atMs = 60_000;
  away = true;
  expect(await look()).toEqual(["stale", 1, 1]);
  expect(JSON.parse((await availability.read(presale)).body.toString()).asOfUs).toBe(asOfUs);
  away = false;
  expect(await look()).toEqual(["miss", 2, 2]);
});

test("sold out stays so, until another presale of the event begins", async () => {
  const isSoldOut = async (of = presale) => JSON.parse((await availability.read(of)).body.toString()).soldOut;
  expect(await isSoldOut()).toBe(false);
  [soldOut, atMs] = [1, 5000];
  expect(await isSoldOut()).toBe(true);
  [soldOut, atMs] = [0, 10_000];
  expect(await isSoldOut()).toBe(true);
  expect(await isSoldOut({ ...presale })).toBe(false);
});
