import { expect, test } from "vitest";
import { deliveryOf } from "./delivery.ts";
import { judge } from "./judge.ts";
import { count, healthyRun, leaveAtMs, startAtUs, stream, withFault } from "./testing/record.ts";

const eventsOf = ({ record }: ReturnType<typeof healthyRun>, generator = 0) =>
  record.generators[generator]!.final!.streams[stream]!.events;

const seqAt = ({ record }: ReturnType<typeof healthyRun>, atMs: number) =>
  record.published.find((entry) => entry.publishedAtUs === startAtUs + atMs * 1000)!.seq;

test("clients are owed what comes after their snapshot, and nothing before", () => {
  const { plan, record } = healthyRun();
  const { events, total, contradictions } = deliveryOf(plan, record, startAtUs);
  expect(events[0]).toMatchObject({ seq: 1, phase: "arrive", expected: 1000, onTime: 1000, lost: 0 });
  expect(events[4]).toMatchObject({ seq: 5, expected: 2000 });
  // 62 events; the first four to half of the clients.
  expect(total).toEqual({
    expected: 58 * 2000 + 4 * 1000,
    onTime: 120_000,
    late: 0,
    lost: 0,
    duplicate: 0,
    reordered: 0,
    misdelivered: 0,
    notJudged: 0,
    recovered: 0,
    ratio: 1,
  });
  expect(contradictions).toEqual([]);
});

test("late, lost and recovered are counted to the last one, in the phase of publishing", () => {
  const run = withFault(healthyRun());
  const lostSeq = seqAt(run, 24_200);
  const lateSeq = seqAt(run, 43_200);
  const lost = eventsOf(run).find(({ seq }) => seq === lostSeq)!;
  lost.onTime -= 17;
  const late = eventsOf(run, 1).find(({ seq }) => seq === lateSeq)!;
  Object.assign(late, { onTime: late.onTime - 5, late: 5, recovered: 7 });
  const verdict = judge(run.plan, run.record);
  expect(verdict.delivery).toMatchObject({
    expected: 120_000,
    onTime: 119_978,
    late: 5,
    lost: 17,
    recovered: 7,
  });
  expect(verdict.delivery.ratio).toBeCloseTo(119_978 / 120_000, 12);
  const byPhase = Object.fromEntries(verdict.phases.map(({ name, delivery }) => [name, delivery]));
  expect(byPhase.fault).toMatchObject({ lost: 17, late: 0 });
  expect(byPhase.after).toMatchObject({ lost: 0, late: 5, recovered: 7 });
  const expectedOfPhases = verdict.phases.reduce((sum, { delivery }) => sum + delivery.expected, 0);
  expect(expectedOfPhases).toBe(120_000);
  const lostRows = verdict.objectives.filter(({ id }) => id === "delivery.lost");
  expect(lostRows.map(({ phase, observed, ok }) => [phase, observed, ok])).toEqual([
    ["arrive", 0, true],
    ["baseline", 0, true],
    ["fault", 17, false],
    ["recovery", 0, true],
    ["after", 0, true],
  ]);
  expect(verdict.objectives.find(({ id }) => id === "delivery.ratio")!.ok).toBe(true);
});

test("an event without any delivery is lost to all", () => {
  const run = healthyRun();
  for (const generator of [0, 1]) {
    const events = eventsOf(run, generator);
    events.splice(
      events.findIndex(({ seq }) => seq === 30),
      1,
    );
  }
  expect(deliveryOf(run.plan, run.record, startAtUs).total).toMatchObject({ lost: 2000, onTime: 118_000 });
});

test("duplicates, reorders and misdeliveries fall into the phase in which they were read", () => {
  const run = healthyRun();
  count(run.record, "duplicate", 3, { second: 10, generator: 0 });
  count(run.record, "duplicate", 4, { second: 22, generator: 1 });
  count(run.record, "reordered", 2, { second: 31 });
  count(run.record, "misdelivered", 1, { second: 59 });
  // Read after the last interval.
  run.record.generators[1]!.final!.counters.duplicate += 5;
  const verdict = judge(run.plan, run.record);
  expect(verdict.delivery).toMatchObject({ duplicate: 12, reordered: 2, misdelivered: 1 });
  const byPhase = Object.fromEntries(verdict.phases.map(({ name, delivery }) => [name, delivery]));
  expect(byPhase.baseline!.duplicate).toBe(3);
  expect(byPhase.fault!.duplicate).toBe(4);
  expect(byPhase.after!.duplicate).toBe(5);
  expect(byPhase.recovery!.reordered).toBe(2);
  expect(byPhase.after!.misdelivered).toBe(1);
});

test("what is due after the leave is owed to nobody, delivered or not", () => {
  const run = healthyRun();
  const { record, plan } = run;
  const seq = record.published.length + 1;
  record.published.push({
    stream,
    seq,
    class: "odds",
    sourceAtUs: startAtUs + 59_000_000,
    publishedAtUs: startAtUs + 59_000_000,
    event: { type: "ODDS" },
  });
  eventsOf(run).push({ seq, onTime: 400, late: 0, recovered: 0 });
  expect(deliveryOf(plan, record, startAtUs)).toMatchObject({
    total: { expected: 120_000, lost: 0 },
    contradictions: [],
  });
});

test("of clients that leave early, those that got an event count, and the others are not owed it", () => {
  const run = healthyRun();
  const cohorts = run.record.generators[0]!.final!.streams[stream]!.cohorts;
  cohorts[0]!.leaveMs = 44_000; // 500 clients; the goal at 43.2 s is due at 45.2 s
  const seq = seqAt(run, 43_200);
  for (const event of eventsOf(run)) if (event.seq > seq) event.onTime = 500;
  eventsOf(run).find((event) => event.seq === seq)!.onTime = 800;
  const { events, contradictions } = deliveryOf(run.plan, run.record, startAtUs);
  expect(events.find((event) => event.seq === seq)).toMatchObject({ expected: 1800, onTime: 1800, lost: 0 });
  expect(contradictions).toEqual([]);
});

test("slow readers are owed no single event", () => {
  const run = healthyRun();
  run.record.generators[0]!.final!.streams[stream]!.cohorts.push({
    fromSeq: 0,
    leaveMs: leaveAtMs,
    slow: true,
    clients: 50,
  });
  expect(deliveryOf(run.plan, run.record, startAtUs).total).toMatchObject({ expected: 120_000, lost: 0 });
});

test("more deliveries than clients, or of what was never published, is a contradiction and makes the run unknown", () => {
  const many = healthyRun();
  eventsOf(many)[9]!.onTime += 1;
  expect(deliveryOf(many.plan, many.record, startAtUs).total.lost).toBe(0);
  const verdict = judge(many.plan, many.record);
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.generator.reasons[0]).toContain(
    "2001 first deliveries of match:final 10 are counted, and 2000 clients",
  );

  const unknown = healthyRun();
  eventsOf(unknown).push({ seq: 999, onTime: 1, late: 0, recovered: 0 });
  expect(judge(unknown.plan, unknown.record).generator.reasons[0]).toContain(
    "deliveries of match:final 999, which the ledger does not hold",
  );
});

test("whatever is counted, what was owed is on time, late or lost, in every phase and in all", () => {
  // A fixed seed (mulberry32), so that a failure can be repeated.
  let state = 20_261_121;
  const random = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const run = healthyRun();
  for (let round = 0; round < 200; round++) {
    for (const generator of [0, 1]) {
      for (const event of eventsOf(run, generator)) {
        const delivered = random(event.seq > 4 ? 1001 : 501);
        event.late = random(delivered + 1);
        event.onTime = delivered - event.late;
      }
    }
    const result = deliveryOf(run.plan, run.record, startAtUs);
    const counted = [0, 1].flatMap((generator) => eventsOf(run, generator));
    expect(result.contradictions).toEqual([]);
    expect(result.total.expected).toBe(120_000);
    expect(result.total.onTime).toBe(counted.reduce((sum, { onTime }) => sum + onTime, 0));
    expect(result.total.late).toBe(counted.reduce((sum, { late }) => sum + late, 0));
    const phases = run.plan.phases.map(({ name }) => result.over([name]));
    for (const delivery of [result.total, ...phases]) {
      expect(delivery.onTime + delivery.late + delivery.lost).toBe(delivery.expected);
      expect(delivery.ratio).toBeCloseTo(delivery.onTime / delivery.expected, 12);
    }
    expect(phases.reduce((sum, { lost }) => sum + lost, 0)).toBe(result.total.lost);
  }
});
