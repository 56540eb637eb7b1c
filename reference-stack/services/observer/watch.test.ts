import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { watch } from "./watch.ts";

const figures = { clients: "Clients", commands_total: "Commands" };

test("a scrape asks once, and tells gauges and counters as the server has them", async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ part: "observer" });
  let asked = 0;
  watch(registry, "redis", figures, async () => ({ clients: 4, commands_total: 100 + asked++ }));
  await registry.metrics();
  const text = await registry.metrics();
  expect(asked).toBe(2);
  expect(text).toContain('matchday_redis_observed_up{part="redis"} 1');
  expect(text).toContain('matchday_redis_clients{part="redis"} 4');
  expect(text).toContain("# TYPE matchday_redis_commands_total counter");
  expect(text).toContain('matchday_redis_commands_total{part="redis"} 101');
});

test("a server that does not answer has no figures, and is not up", async () => {
  const registry = new Registry();
  let away = false;
  watch(registry, "redis", figures, async () => {
    if (away) throw new Error("away");
    return { clients: 4 };
  });
  await registry.metrics();
  away = true;
  const text = await registry.metrics();
  expect(text).toContain('matchday_redis_observed_up{part="redis"} 0');
  expect(text).not.toMatch(/^matchday_redis_clients/m);
  away = false;
  expect(await registry.metrics()).toContain('matchday_redis_observed_up{part="redis"} 1');
});
