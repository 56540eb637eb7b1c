import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { leasesDir, processesOf } from "../../common/lease-files.ts";
import type { PublishedEvent } from "../../common/records.ts";
import { type PlantedClient, write } from "./planted-server.ts";
import { clients, type PlantedRun, rehearsePlanted, schedule } from "./rehearse-planted.ts";

/** Delays are told within this much of what was planted. */
const toleranceMs = 5;
const timeout = 60_000;

/** Which client gets which event wrong, by order of connecting and by seq: the first, the last, neighbours, a few more. */
const picked = ["0/1", "3/17", "3/18", "11/5", "20/29", "39/39", "39/40"];
const isPicked = (client: PlantedClient, event: PublishedEvent) =>
  picked.includes(`${client.index}/${event.seq}`);

const nothingWrong = { late: 0, lost: 0, duplicate: 0, reordered: 0, misdelivered: 0, recovered: 0 };

function anomaliesOf({ record }: PlantedRun): string[] {
  return record.anomalies.map(({ kind, seq }) => `${kind} ${seq}`).sort();
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

test("a server without a fault: everything delivered, nothing else reported", { timeout }, async () => {
  const run = await rehearsePlanted("no-fault", {});
  expect(run.verdict.delivery).toMatchObject({
    expected: clients * schedule.length,
    onTime: clients * schedule.length,
    ...nothingWrong,
  });
  expect(run.verdict.clients).toMatchObject({ planned: clients, connected: clients, failed: 0 });
  expect(anomaliesOf(run)).toEqual([]);
  expect(run.verdict.sentence).toMatch(/^Passed/);
  expect(run.exitCode).toBe(0);
});

test("drops of exactly 7 events", { timeout }, async () => {
  const run = await rehearsePlanted("drops", {
    frames: (client, event) => (isPicked(client, event) ? [] : [event]),
  });
  expect(run.verdict.delivery).toMatchObject({
    expected: clients * schedule.length,
    ...nothingWrong,
    lost: picked.length,
  });
  expect(anomaliesOf(run)).toEqual(picked.map((pair) => `lost ${pair.split("/")[1]}`).sort());
  expect(run.verdict.verdict).toBe("fail");
  expect(run.exitCode).toBe(1);
});

test("7 duplicates", { timeout }, async () => {
  const run = await rehearsePlanted("duplicates", {
    frames: (client, event) => (isPicked(client, event) ? [event, event] : [event]),
  });
  expect(run.verdict.delivery).toMatchObject({ ...nothingWrong, duplicate: picked.length });
  expect(anomaliesOf(run)).toEqual(picked.map((pair) => `duplicate ${pair.split("/")[1]}`).sort());
});

test("5 reorders: an event comes after its successor", { timeout }, async () => {
  const late = new Set(["0/1", "3/17", "11/5", "20/29", "39/38"]);
  const held = new Map<number, PublishedEvent>();
  const run = await rehearsePlanted("reorders", {
    frames(client, event) {
      if (late.has(`${client.index}/${event.seq}`)) {
        held.set(client.index, event);
        return [];
      }
      const before = held.get(client.index);
      held.delete(client.index);
      return before ? [event, before] : [event];
    },
  });
  expect(run.verdict.delivery).toMatchObject({ ...nothingWrong, reordered: late.size });
  expect(anomaliesOf(run)).toEqual([...late].map((pair) => `reordered ${pair.split("/")[1]}`).sort());
  // The fold does not depend on the order: every screen is right in the end.
  expect(run.verdict.invariants.find(({ id }) => id === "final-screen")).toMatchObject({
    ok: true,
    checked: clients,
  });
});

test("7 events to the wrong recipient: another stream's, and another client's", { timeout }, async () => {
  const run = await rehearsePlanted("misdelivered", {
    frames(client, event) {
      if (!isPicked(client, event)) return [event];
      return [event, event.seq % 2 === 0 ? { ...event, stream: "match:other" } : { ...event, to: 1_000_000 }];
    },
  });
  expect(run.verdict.delivery).toMatchObject({ ...nothingWrong, misdelivered: picked.length });
  expect(anomaliesOf(run)).toEqual(picked.map((pair) => `misdelivered ${pair.split("/")[1]}`).sort());
  expect(run.verdict.verdict).toBe("fail");
});

test("a fixed extra delay of 250 ms", { timeout }, async () => {
  const run = await rehearsePlanted("delay", { sendAfterMs: () => 250 });
  const planted = median(run.server.agesMs);
  expect(planted).toBeGreaterThanOrEqual(250);
  for (const eventClass of ["goal", "odds"]) {
    const age = run.verdict.measures[`event_age{class=${eventClass}}`]!;
    expect(Math.abs(age.p50Ms - planted)).toBeLessThan(toleranceMs);
    expect(age.count).toBe((clients * schedule.length) / 2);
  }
  expect(run.verdict.delivery).toMatchObject(nothingWrong);
});

test("a stall of 3 s: late is counted exactly, and the quote on the screen grows old", {
  timeout,
}, async () => {
  let firstUs = 0;
  const run = await rehearsePlanted("stall", {
    sendAfterMs({ publishedAtUs }) {
      firstUs ||= publishedAtUs;
      const intoMs = (publishedAtUs - firstUs) / 1000;
      return intoMs >= 500 && intoMs < 3500 ? 3500 - intoMs : 0;
    },
  });
  const planted = run.server.agesMs;
  expect(Math.max(...planted)).toBeGreaterThan(2800);
  const maxMs = Math.max(
    run.verdict.measures["event_age{class=goal}"]!.maxMs,
    run.verdict.measures["event_age{class=odds}"]!.maxMs,
  );
  expect(Math.abs(maxMs - Math.max(...planted))).toBeLessThan(toleranceMs);
  expect(run.verdict.delivery).toMatchObject({
    ...nothingWrong,
    late: planted.filter((ageMs) => ageMs > 2000).length,
  });
  // Sampled four times a second, from the last quote before the stall to the first after it.
  expect(run.verdict.measures.stale_odds_age!.maxMs).toBeGreaterThan(2750);
  expect(run.verdict.measures.stale_odds_age!.maxMs).toBeLessThan(3300);
});

test("6 resets in the middle of a frame: resumed, nothing lost, nothing twice", { timeout }, async () => {
  const resets = new Set(["0/1", "5/2", "9/3", "17/4", "30/5", "39/6"]);
  const run = await rehearsePlanted("resets", {
    async write(client, frame, event) {
      if (!resets.has(`${client.index}/${event.seq}`)) return write(client, frame);
      await new Promise((resolve) => client.socket.write(frame.slice(0, frame.length / 2), resolve));
      client.socket.resetAndDestroy();
    },
  });
  expect(run.record.generators[0]!.final!.counters).toMatchObject({
    disconnects: resets.size,
    resumes: resets.size,
  });
  expect(run.verdict.measures.resume).toMatchObject({ count: resets.size });
  expect(run.verdict.measures.resume!.p50Ms).toBeGreaterThan(1000);
  expect(run.verdict.measures.resume!.maxMs).toBeLessThan(5200);
  const { recovered, ...rest } = run.verdict.delivery;
  expect(recovered).toBeGreaterThanOrEqual(resets.size);
  expect(rest).toMatchObject({
    expected: clients * schedule.length,
    lost: 0,
    duplicate: 0,
    reordered: 0,
    misdelivered: 0,
  });
});

test("frames cut at every byte boundary", { timeout }, async () => {
  let cuts = 0;
  const immediate = () => new Promise((resolve) => setImmediate(resolve));
  const run = await rehearsePlanted("cuts", {
    async write(client, frame) {
      // A few clients get single bytes, each of the others one cut, at the next boundary in turn.
      const pieces =
        client.index < 2
          ? [...frame]
          : [frame.slice(0, cuts % frame.length), frame.slice(cuts % frame.length)];
      cuts++;
      for (const piece of pieces.filter(Boolean)) {
        client.socket.write(piece);
        await immediate();
      }
    },
  });
  expect(cuts).toBe(clients * schedule.length);
  expect(run.verdict.delivery).toMatchObject({
    expected: clients * schedule.length,
    lost: 0,
    duplicate: 0,
    reordered: 0,
    misdelivered: 0,
  });
  expect(run.verdict.invariants.find(({ id }) => id === "final-screen")).toMatchObject({ ok: true });
});

test("slow headers: connect counts until the accepted stream's first byte", { timeout }, async () => {
  const waitedMs: number[] = [];
  const run = await rehearsePlanted("slow-headers", {
    async beforeHeader() {
      const from = performance.now();
      await delay(400);
      waitedMs.push(performance.now() - from);
    },
  });
  expect(run.verdict.measures.connect!.count).toBe(clients);
  expect(Math.abs(run.verdict.measures.connect!.p50Ms - median(waitedMs))).toBeLessThan(toleranceMs);
});

test("refused connections: counted, and the clients come in by the next edge", { timeout }, async () => {
  // Nothing listens on port 1; every second client starts there.
  const run = await rehearsePlanted("refused", {}, { otherEdges: ["http://127.0.0.1:1"] });
  expect(run.record.generators[0]!.final!.counters.connectErrors).toBe(clients / 2);
  expect(run.verdict.clients).toMatchObject({ connected: clients, failed: 0 });
  expect(run.verdict.measures.connect!.count).toBe(clients);
  expect(run.verdict.delivery).toMatchObject(nothingWrong);
});

test("a generator starved of CPU gives unknown, not pass", { timeout }, async () => {
  const starve = new AbortController();
  const run = await rehearsePlanted(
    "starved",
    {},
    {
      onProgress(progress) {
        if (progress.type !== "started") return;
        const { pid } = processesOf(join(leasesDir, "starved")).find(({ name }) => name.startsWith("k6"))!;
        void dutyCycle(pid, starve.signal);
      },
    },
  ).finally(() => starve.abort());
  expect(run.verdict.verdict).toBe("unknown");
  expect(run.verdict.generator.saturated).toBe(true);
  expect(run.verdict.generator.reasons.join()).toMatch(/release lag/);
  expect(run.exitCode).toBe(2);
});

/** Lets a process run for 20 ms of every 500 ms, as a CPU quota does. */
async function dutyCycle(pid: number, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      process.kill(pid, "SIGSTOP");
      await delay(480);
      process.kill(pid, "SIGCONT");
      await delay(20);
    }
  } catch {
    // It has ended.
  }
}
