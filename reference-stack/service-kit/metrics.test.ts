import { expect, test } from "vitest";
import { ServiceMetrics } from "./metrics.ts";

const metrics = new ServiceMetrics("edge-1");
const lines = async () => (await metrics.registry.metrics()).split("\n");

test("a total is what is counted elsewhere, at each scrape", async () => {
  let bytes = 0;
  metrics.total("test_bytes_total", "-", () => bytes);
  for (bytes of [0, 70, 90])
    expect(await lines()).toContain(`matchday_test_bytes_total{part="edge-1"} ${bytes}`);
});

test("a counter with a label has a series for each of its values", async () => {
  const resumed = metrics.counter("test_resumed_total", "-", ["how"]);
  resumed.inc({ how: "window" });
  resumed.inc({ how: "redis" });
  resumed.inc({ how: "window" });
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'matchday_test_resumed_total{how="window",part="edge-1"} 2',
      'matchday_test_resumed_total{how="redis",part="edge-1"} 1',
    ]),
  );
});

test("what a scrape says of the process does not grow with its connections", async () => {
  const names = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names).toContain("process_cpu_seconds_total");
  expect(names.filter((name) => /active_|open_fds/.test(name))).toEqual([]);
});

test("histograms have an edge at each limit that a budget sets, and a failed call is no duration", async () => {
  await metrics.timed("redis", "publish", async () => {});
  const failing = metrics.timed("redis", "publish", () => Promise.reject(new Error("away")));
  await expect(failing).rejects.toThrow("away");
  const all = await lines();
  for (const le of [0.2, 0.5, 1, 1.5, 2, 5]) {
    expect(all.some((line) => line.includes(`le="${le}"`) && line.includes('call="publish"'))).toBe(true);
  }
  expect(all).toEqual(
    expect.arrayContaining([
      'matchday_dependency_call_duration_seconds_count{part="edge-1",dependency="redis",call="publish"} 1',
      'matchday_dependency_errors_total{dependency="redis",call="publish",part="edge-1"} 1',
    ]),
  );
});
