import { beforeEach, expect, test } from "vitest";
import { MatchdayError } from "../common/errors.ts";
import type { PlannedFault } from "../common/experiment.ts";
import { VirtualClock } from "../common/virtual-clock.ts";
import type { FaultChange, FaultKind } from "./contract.ts";
import { FakeStack } from "./testing/fake-stack.ts";
import { type RunningFaults, runFaults } from "./timeline.ts";

const startAtUs = 1_000_000_000;
let stack: FakeStack;
let clock: VirtualClock;
let ended: AbortController;
let entries: FaultChange[];
let ledger: { begun: string[]; healedOnes: string[]; closed: boolean; broken?: Error };

beforeEach(() => {
  stack = new FakeStack();
  clock = new VirtualClock(startAtUs);
  ended = new AbortController();
  entries = [];
  ledger = { begun: [], healedOnes: [], closed: false };
});

function crash(edge: string, atMs: number, forMs: number): PlannedFault {
  return { id: `crash-${edge}`, kind: "edge-crash", options: { edge }, atMs, forMs, expect: [] };
}

function start(faults: PlannedFault[], more: Partial<Parameters<typeof runFaults>[0]> = {}): RunningFaults {
  return runFaults({
    faults,
    stack,
    startAtUs,
    clock,
    signal: ended.signal,
    onChange: (entry) => entries.push(entry),
    ledger: {
      begin({ id }, undo) {
        if (ledger.broken) throw ledger.broken;
        ledger.begun.push(`${id}: ${undo.map((step) => step.do)}`);
        stack.calls.push(`ledger ${id}`);
      },
      healed: (id) => ledger.healedOnes.push(id),
      close: () => {
        ledger.closed = true;
      },
    },
    ...more,
  });
}

const told = () => entries.map(({ id, state, atMs }) => `${atMs} ${id} ${state}`);

test("a fault begins and heals at its instants, its undo steps written down before it", async () => {
  const faults = start([crash("edge-2", 5000, 10_000)]);
  await clock.advance(4999);
  expect(stack.calls).toEqual([]);
  await clock.advance(1);
  expect(stack.calls).toEqual(["ledger crash-edge-2", "kill edge-2"]);
  await clock.advance(9999);
  expect([...stack.down]).toEqual(["edge-2"]);
  await clock.advance(1);
  expect(stack.calls.at(-1)).toBe("restart edge-2");
  expect(await faults.done).toEqual([
    {
      id: "crash-edge-2",
      kind: "edge-crash",
      target: "edge-2",
      band: "Edge-2 down",
      fromMs: 5000,
      toMs: 15_000,
      outcome: "healed",
    },
  ]);
  expect(told()).toEqual([
    "5000 crash-edge-2 injecting",
    "5000 crash-edge-2 injected",
    "15000 crash-edge-2 healing",
    "15000 crash-edge-2 healed",
  ]);
  expect(ledger).toMatchObject({
    begun: ["crash-edge-2: restart-part"],
    healedOnes: ["crash-edge-2"],
    closed: true,
  });
});

test("faults overlap in time, each on its own target", async () => {
  const faults = start([crash("edge-1", 1000, 3000), crash("edge-2", 2000, 1000)]);
  await clock.advance(2500);
  expect([...stack.down].sort()).toEqual(["edge-1", "edge-2"]);
  await clock.advance(1000);
  expect([...stack.down]).toEqual(["edge-1"]);
  expect(ledger.closed).toBe(false);
  await clock.advance(500);
  expect([...stack.down]).toEqual([]);
  expect((await faults.done).map(({ id, fromMs, toMs }) => [id, fromMs, toMs])).toEqual([
    ["crash-edge-1", 1000, 4000],
    ["crash-edge-2", 2000, 3000],
  ]);
});

test("an abort heals what is open at once, and what has not begun never begins", async () => {
  const faults = start([crash("edge-1", 1000, 60_000), crash("edge-2", 5000, 1000)]);
  await clock.advance(2000);
  ended.abort();
  const runs = await faults.done;
  expect(runs.map(({ outcome, toMs }) => [outcome, toMs])).toEqual([
    ["healed", 2000],
    ["skipped", null],
  ]);
  expect([...stack.down]).toEqual([]);
  expect(entries.find(({ state }) => state === "healing")?.detail).toBe("the run ends");
});

test("an abort in the middle of an injection waits for it, and then heals it", async () => {
  const killed = Promise.withResolvers<void>();
  stack.before = (call) => (call.startsWith("kill") ? killed.promise : undefined);
  const faults = start([crash("edge-1", 0, 60_000)]);
  await clock.advance(10);
  ended.abort();
  await clock.advance(10);
  expect(stack.calls).not.toContain("restart edge-1");
  killed.resolve();
  expect(await faults.done).toMatchObject([{ outcome: "healed" }]);
  expect([...stack.down]).toEqual([]);
});

test("healAll heals now, and is safe to call twice", async () => {
  const faults = start([crash("edge-1", 0, 60_000)]);
  await clock.advance(10);
  await Promise.all([faults.healAll(), faults.healAll()]);
  await faults.healAll();
  expect(stack.calls.filter((call) => call === "restart edge-1")).toHaveLength(1);
  expect(await faults.done).toMatchObject([{ outcome: "healed", toMs: 10 }]);
});

test("an injection that fails half-way is healed, and said", async () => {
  const half: FaultKind = {
    id: "half",
    title: "kills one edge and fails at the other",
    defaults: {},
    problems: () => [],
    touches: () => ["edge-1", "edge-2"],
    target: () => "both",
    band: () => "Half",
    undo: () => [
      { do: "restart-part", part: "edge-1" },
      { do: "restart-part", part: "edge-2" },
    ],
    async inject(_, broken) {
      await broken.kill("edge-1");
      throw new Error("no right to");
    },
  };
  const faults = start([{ id: "half", kind: "half", options: {}, atMs: 0, forMs: 9000, expect: [] }], {
    kinds: new Map([["half", half]]),
  });
  const [run] = await faults.done;
  expect(run).toMatchObject({ outcome: "failed", fromMs: 0, toMs: 0 });
  expect(run?.error).toMatchObject({
    code: "FAULT_NOT_INJECTED",
    message: expect.stringContaining("no right to"),
  });
  // The edge that was never killed is seen to be up, and left alone.
  expect(stack.calls).toEqual(["ledger half", "kill edge-1", "restart edge-1"]);
  expect(entries.map(({ state }) => state)).toEqual(["injecting", "failed", "healing", "healed"]);
});

test("a heal is tried again until it is confirmed", async () => {
  let tries = 0;
  stack.before = (call) => {
    if (call.startsWith("restart") && ++tries < 4) throw new Error("address in use");
  };
  const faults = start([crash("edge-1", 0, 1000)]);
  await clock.advance(3000);
  expect(await faults.done).toMatchObject([{ outcome: "healed", toMs: 1600 }]);
  expect(tries).toBe(4);
});

test("a fault that cannot be healed is an error with a remedy; the others are healed all the same", async () => {
  stack.before = (call) => {
    if (call === "restart edge-1") throw new Error("address in use");
  };
  const faults = start([crash("edge-1", 0, 1000), crash("edge-2", 500, 2000)], { healWithinMs: 5000 });
  await clock.advance(10_000);
  const [first, second] = await faults.done;
  expect(second).toMatchObject({ outcome: "healed", toMs: 2500 });
  expect(first).toMatchObject({ outcome: "not-healed", fromMs: 0, toMs: null });
  expect(first?.error).toMatchObject({
    code: "FAULT_NOT_HEALED",
    message: "crash-edge-1 is not healed after 5 s: not edge-1 restarted: address in use",
    hint: expect.stringContaining("matchday chaos recover"),
  });
  expect(ledger.healedOnes).toEqual(["crash-edge-2"]);
  await expect(faults.healAll()).rejects.toMatchObject({ code: "FAULT_NOT_HEALED" });
  expect(entries.filter(({ id }) => id === "crash-edge-1").at(-1)).toMatchObject({
    state: "failed",
    atMs: 6000,
  });
});

test("a restart that never ends does not hide the deadline of the heal", async () => {
  stack.before = (call) => (call.startsWith("restart") ? new Promise(() => {}) : undefined);
  const faults = start([crash("edge-1", 0, 1000)], { healWithinMs: 5000 });
  await clock.advance(6000);
  expect(await faults.done).toMatchObject([{ outcome: "not-healed", error: { code: "FAULT_NOT_HEALED" } }]);
});

test("an injection that never ends is given up, and its fault counts as not healed", async () => {
  stack.before = (call) => (call.startsWith("kill") ? new Promise(() => {}) : undefined);
  const faults = start([crash("edge-1", 0, 1000)], { injectWithinMs: 2000 });
  await clock.advance(2000);
  expect(await faults.done).toMatchObject([
    {
      outcome: "not-healed",
      error: { code: "FAULT_NOT_HEALED", message: expect.stringContaining("under way") },
    },
  ]);
  expect(ledger.healedOnes).toEqual([]);
});

test("no fault begins without its ledger", async () => {
  ledger.broken = new MatchdayError("FAULT_LEDGER_UNWRITABLE", "disk full", { hint: "free some" });
  const faults = start([crash("edge-1", 0, 1000)]);
  expect(await faults.done).toMatchObject([
    { outcome: "failed", fromMs: null, error: { code: "FAULT_LEDGER_UNWRITABLE" } },
  ]);
  expect(stack.calls).toEqual([]);
});

test("a journal that cannot be written stops no heal", async () => {
  const faults = start([crash("edge-1", 0, 1000)], {
    onChange: () => {
      throw new MatchdayError("DISK_FULL", "no space left", { hint: "free some" });
    },
  });
  await clock.advance(1000);
  expect(await faults.done).toMatchObject([{ outcome: "healed", toMs: 1000, error: { code: "DISK_FULL" } }]);
});

test("an unknown kind is refused before anything begins", () => {
  const unknown = { ...crash("edge-1", 0, 1000), kind: "meteor" };
  expect(() => start([crash("edge-1", 0, 1000), unknown])).toThrow(
    expect.objectContaining({ code: "FAULT_KIND_UNKNOWN" }),
  );
  expect(stack.calls).toEqual([]);
});
