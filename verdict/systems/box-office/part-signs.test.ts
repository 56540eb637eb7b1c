import { expect, test } from "vitest";
import { judge } from "../../judge.ts";
import { healthyPresale } from "../../testing/presale-record.ts";
import { withFault } from "../../testing/record.ts";

test.each([
  ["a breaker that opens", { breaker_open: 0 }, { breaker_open: 1 }],
  ["bookings that pile up", { pending_bookings: 4 }, { pending_bookings: 14 }],
])("%s detects it", (_, usual, now) => {
  const run = healthyPresale();
  withFault(run);
  const part = { part: "box-office-1", kind: "service", up: true } as const;
  run.record.stack.push({ atMs: 19_500, ...part, gauges: usual }, { atMs: 21_500, ...part, gauges: usual });
  expect(judge(run.plan, run.record).faults[0]!.detectedAfterMs).toBeNull();
  run.record.stack.push({ atMs: 22_500, ...part, gauges: now });
  expect(judge(run.plan, run.record).faults[0]!.detectedAfterMs).toBe(2490);
});
