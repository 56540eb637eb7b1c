/** Every kind of fault on the real stack: it takes effect, and what it has done is undone. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wallClock } from "../common/clock.ts";
import type { PlannedFault } from "../common/experiment.ts";
import type { SystemName } from "../common/systems.ts";
import { until } from "../common/until.ts";
import { startTestStack } from "../reference-stack/testing/stack.ts";
import { faultKinds } from "./faults/index.ts";
import { FaultLedger } from "./ledger.ts";
import { openFaults } from "./ledger-files.ts";
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

interface Batch {
  faults: PlannedFault[];
  /** What becomes of the legs that are touched; all others stay sound. */
  broken: Record<string, string>;
  edgesDown?: string[];
}

const late = (fault: string) => `enabled matchday-${fault}`;
const swallowing = (fault: string) => `enabled matchday-${fault}-upstream matchday-${fault}-downstream`;

/** A batch acts on legs of the one before it. */
const batches: Record<SystemName, Batch[]> = {
  "live-scores": [
    {
      faults: [
        planned("redis-down"),
        planned("feed-jitter"),
        planned("postgres-down", { mode: "black-hole" }),
        planned("edge-pause", { edge: "edge-1" }),
        planned("edge-crash", { edge: "edge-2" }),
      ],
      broken: {
        "edge-1.redis": "disabled",
        "edge-2.redis": "disabled",
        "scores.redis": "disabled",
        "scores.postgres": swallowing("postgres-down"),
        "scores.vendor": late("feed-jitter"),
      },
      edgesDown: ["edge-1", "edge-2"],
    },
    {
      faults: [planned("slow-redis")],
      broken: {
        "edge-1.redis": late("slow-redis"),
        "edge-2.redis": late("slow-redis"),
        "scores.redis": late("slow-redis"),
      },
    },
  ],
  "box-office": [
    {
      faults: [planned("payments-down", { mode: "black-hole" }), planned("postgres-primary-down")],
      broken: {
        "box-office-1.payments": swallowing("payments-down"),
        "box-office-2.payments": swallowing("payments-down"),
        "box-office-1.postgres": "disabled",
        "box-office-2.postgres": "disabled",
        "postgres-replica.postgres": "disabled",
      },
    },
    {
      faults: [planned("payment-slow")],
      broken: {
        "box-office-1.payments": late("payment-slow"),
        "box-office-2.payments": late("payment-slow"),
      },
    },
  ],
};

test("every kind of fault is tried", () => {
  const tried = Object.values(batches).flatMap((those) => those.flatMap(({ faults }) => faults));
  expect(tried.map(({ kind }) => kind).sort()).toEqual([...faultKinds.keys()].sort());
});

test.each(Object.keys(batches) as SystemName[])(
  "%s: each fault takes effect on the stack, and is healed",
  async (system) => {
    await using testStack = await startTestStack(2, system);
    const { stack, toxiproxy } = testStack;
    const legs = async () =>
      [...(await toxiproxy.list()).values()]
        .map(({ name, enabled, toxics }) =>
          [name, enabled ? "enabled" : "disabled", ...toxics.map((toxic) => toxic.name)].join(" "),
        )
        .sort();
    const dir = mkdtempSync(join(tmpdir(), "matchday-faults-"));
    try {
      for (const [index, { faults, broken, edgesDown = [] }] of batches[system].entries()) {
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
          expect(await legs()).toEqual(
            stack.legs.map(({ name }) => `${name} ${broken[name] ?? "enabled"}`).sort(),
          );
          const down = (await stack.figures()).filter(({ kind, up }) => kind === "edge" && !up);
          expect(down.map(({ part }) => part)).toEqual(edgesDown);
        } finally {
          await running.healAll();
        }
        expect((await running.done).map(({ id, outcome, error }) => [id, outcome, error])).toEqual(
          faults.map(({ id }) => [id, "healed", undefined]),
        );
        expect(await legs()).toEqual(stack.legs.map(({ name }) => `${name} enabled`).sort());
        expect(readdirSync(dir)).toEqual([]);
        await until(async () => (await stack.figures()).every(({ up, redisUp = 1 }) => up && redisUp === 1), {
          withinMs: 20_000,
          orElse: "not every part is up and back at Redis",
        });
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
);
