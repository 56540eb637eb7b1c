import { expect, test } from "vitest";
import { figuresFromStats } from "./container-figures.ts";

const cpu_stats = { cpu_usage: { total_usage: 1_234_567_000 } };

test.each([
  ["of the first kind", { total_inactive_file: 400, inactive_file: 9 }],
  ["of the second kind", { inactive_file: 400 }],
])("an engine's figures with control groups %s", (_, stats) => {
  expect(figuresFromStats({ cpu_stats, memory_stats: { usage: 1000, stats } })).toEqual({
    cpuUs: 1_234_567,
    rssBytes: 600,
  });
});

test("a container that has ended has none", () => {
  expect(
    figuresFromStats({ cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} }),
  ).toBeUndefined();
});
