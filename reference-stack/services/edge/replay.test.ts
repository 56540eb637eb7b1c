import { expect, test } from "vitest";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { Replays } from "./replay.ts";

/** A stream of `upTo` events, and how often it was asked. */
function linkTo(upTo: number, firstKept = 1) {
  const asked: string[] = [];
  const client = {
    async xRange(_: string, from: string, to: string, { COUNT }: { COUNT: number }) {
      asked.push(`${from} ${to}`);
      const first = Math.max(Number.parseInt(from, 10), firstKept);
      const last = Math.min(Number.parseInt(to, 10), upTo, first + COUNT - 1);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_entry, index) => ({
        id: `${first + index}-0`,
        message: { e: JSON.stringify({ seq: first + index, class: "odds" }) },
      }));
    },
  } as unknown as RedisClient;
  const link = {
    call: (_: string, ask: (given: RedisClient) => Promise<unknown>) => ask(client),
  } as RedisLink;
  return { link, asked };
}

test("reads page by page, and everybody who asks meanwhile shares the reading", async () => {
  const { link, asked } = linkTo(1200);
  const replays = new Replays(link, 10_000);
  const [first, second] = await Promise.all([
    replays.read("match:a", 2, 1200),
    replays.read("match:a", 2, 1200),
  ]);
  expect(first?.map(({ seq }) => seq)).toEqual(Array.from({ length: 1198 }, (_, index) => index + 3));
  expect(second).toBe(first);
  expect(asked).toEqual(["3-0 1200-0", "503-0 1200-0", "1003-0 1200-0"]);
  await replays.read("match:a", 2, 1200);
  expect(asked).toHaveLength(6);
});

test("gives nothing rather than a part: too many, trimmed, or Redis away", async () => {
  const { link, asked } = linkTo(100);
  expect(await new Replays(link, 50).read("match:a", 1, 100)).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await new Replays(linkTo(100, 20).link, 500).read("match:a", 1, 100)).toBeUndefined();
  expect(await new Replays(linkTo(90).link, 500).read("match:a", 1, 100)).toBeUndefined();
  const away = { call: () => Promise.reject(new Error("Redis is away")) } as unknown as RedisLink;
  expect(await new Replays(away, 500).read("match:a", 1, 100)).toBeUndefined();
});
