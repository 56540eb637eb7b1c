import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../../common/until.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { startTestRedis, type TestRedis } from "../../testing/test-redis.ts";
import { JobLease } from "./job-lease.ts";

let redis: TestRedis;
let lease: (worker: string, silentMs?: number) => JobLease;

beforeAll(async () => {
  redis = await startTestRedis();
  const link = {
    call: (_: string, ask: (client: TestRedis["client"]) => Promise<unknown>) => ask(redis.client),
  };
  lease = (worker, silentMs) => new JobLease(link as unknown as RedisLink, worker, silentMs);
}, 20_000);

afterAll(() => redis?.[Symbol.asyncDispose]());

test("one of many has a job, until it lets it go", async () => {
  const workers = Array.from({ length: 10 }, (_, index) => lease(`worker-${index}`));
  const kept = await Promise.all(workers.map((worker) => worker.keep("job")));
  expect(kept.filter(Boolean)).toHaveLength(1);
  const holder = workers[kept.indexOf(true)]!;
  const other = workers[kept.indexOf(false)]!;
  await other.letGo("job");
  expect([await holder.keep("job"), await other.keep("job"), await other.keep("another")]).toEqual([
    true,
    false,
    true,
  ]);
  await holder.letGo("job");
  expect([await other.keep("job"), await holder.keep("job")]).toEqual([true, false]);
});

test("a worker that is silent loses its job", async () => {
  expect(await lease("dead", 50).keep("task")).toBe(true);
  await until(() => lease("heir").keep("task"), { withinMs: 2000, orElse: "nobody inherits" });
  expect(await lease("dead", 50).keep("task")).toBe(false);
});
