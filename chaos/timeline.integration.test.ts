/** Every kind of fault on the real stack: it takes effect, and what it has done is undone. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wallClock } from "../common/clock.ts";
import type { PlannedFault } from "../common/experiment.ts";
import { until } from "../common/until.ts";
import { startTestStack } from "../reference-stack/testing/stack.ts";
import { faultKinds } from "./faults/index.ts";
import { FaultLedger, openFaults } from "./ledger.ts";
import { runFaults } from "./timeline.ts";

/** Long: the test heals them when it has seen them. */
const planned = (kind: string, options = {}): PlannedFault => ({
  id: kind,
  kind,
  options,
  atMs: 0,
  forMs: 600_000,
  expect: [],
});

/** The second acts on legs of the first. */
const batches = [
  [
    planned("redis-down"),
    planned("feed-jitter"),
    planned("postgres-down", { mode: "black-hole" }),
    planned("edge-pause", { edge: "edge-1" }),
    planned("edge-crash", { edge: "edge-2" }),
  ],
  [planned("slow-redis")],
];

const sound = (leg: string) => `${leg} enabled`;
const broken = [
  [
    "edge-1.redis disabled",
    "edge-2.redis disabled",
    "scores.postgres enabled matchday-postgres-down-upstream matchday-postgres-down-downstream",
    "scores.redis disabled",
    "scores.vendor enabled matchday-feed-jitter",
  ],
  [
    "edge-1.redis enabled matchday-slow-redis",
    "edge-2.redis enabled matchday-slow-redis",
    sound("scores.postgres"),
    "scores.redis enabled matchday-slow-redis",
    sound("scores.vendor"),
  ],
];
const edgesDown = [["edge-1", "edge-2"], []];

test("every kind of fault takes effect on the stack, and is healed", async () => {
  expect(
    batches
      .flat()
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([...faultKinds.keys()].sort());
  await using testStack = await startTestStack(2);
  const { stack, toxiproxy } = testStack;
  const legs = async () =>
    [...(await toxiproxy.list()).values()]
      .map(({ name, enabled, toxics }) =>
        [name, enabled ? "enabled" : "disabled", ...toxics.map((toxic) => toxic.name)].join(" "),
      )
      .sort();
  const dir = mkdtempSync(join(tmpdir(), "matchday-faults-"));
  try {
    for (const [index, faults] of batches.entries()) {
      const injected = new Set<string>();
      const running = runFaults({
        faults,
        stack,
        startAtUs: wallClock.nowUs(),
        clock: wallClock,
        ledger: FaultLedger.open(`batch-${index}`, dir),
        signal: new AbortController().signal,
        onChange: ({ id, state }) => void (state === "injected" && injected.add(id)),
      });
      try {
        await until(() => injected.size === faults.length, {
          withinMs: 20_000,
          orElse: "not all faults are injected",
        });
        expect(openFaults(dir)).toHaveLength(faults.length);
        expect(await legs()).toEqual(broken[index]);
        const down = (await stack.figures()).filter(({ kind, up }) => kind === "edge" && !up);
        expect(down.map(({ part }) => part)).toEqual(edgesDown[index]);
      } finally {
        await running.healAll();
      }
      expect((await running.done).map(({ id, outcome, error }) => [id, outcome, error])).toEqual(
        faults.map(({ id }) => [id, "healed", undefined]),
      );
      expect(await legs()).toEqual(stack.legs.map(({ name }) => sound(name)).sort());
      expect(readdirSync(dir)).toEqual([]);
      await until(async () => (await stack.figures()).every(({ up, redisUp = 1 }) => up && redisUp === 1), {
        withinMs: 20_000,
        orElse: "not every part is up and back at Redis",
      });
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
