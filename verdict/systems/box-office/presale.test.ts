import { expect, test } from "vitest";
import type { HistoryEntry } from "../../../common/journey.ts";
import { judge } from "../../judge.ts";
import { audited, healthyPresale, type PresaleRun } from "../../testing/presale-record.ts";
import { addSamples, count, objective, startAtUs, starve, withFault } from "../../testing/record.ts";
import { journeyOf } from "./steps.ts";

const judged = ({ plan, record }: PresaleRun) => judge(plan, record);
const shareOf = (run: PresaleRun, measure: string) => {
  run.plan.budget.objectives = [objective({ measure, unit: "ratio", op: "lte", target: 1 })];
  return judged(run).objectives[0]!;
};
const findingsOf = (run: PresaleRun) =>
  judged(run).findings.map(({ severity, title }) => `${severity}: ${title}`);

test("a healthy presale passes, and says what was sold to whom", () => {
  const verdict = judged(healthyPresale());
  expect(verdict.sentence).toBe(
    "Passed: 74 of 80 seats sold in 23 s, none twice, to 37 of 200 who joined within 40 ms (p99).",
  );
  expect(verdict).toMatchObject({ verdict: "pass", score: 100, delivery: { expected: 0 } });
});

test("a pass under a fault names the fault", () => {
  const run = healthyPresale();
  withFault(run);
  expect(judged(run).sentence).toMatch(
    /^Passed\. 74 of 80 seats sold .* who joined within 40 ms \(p99\)\. While Redis was away for 10 s no target was judged\.$/,
  );
});

test("without its invariant the sentence does not claim that none was sold twice", () => {
  const run = healthyPresale();
  run.plan.budget.invariants = [];
  expect(judged(run).sentence).toContain("sold in 23 s to 37 of 200 who joined");
});

test("nobody owes a delivery where nothing is followed", () => {
  const run = healthyPresale();
  run.plan.budget.objectives = [
    objective({ measure: "delivery.ratio", unit: "ratio", op: "gte", target: 1, key: false }),
  ];
  const verdict = judged(run);
  expect(verdict.objectives[0]).toMatchObject({ ok: null, observed: null });
  expect(verdict.verdict).toBe("pass");
});

test("journeys of which none came to an end are not exercised", () => {
  const run = healthyPresale();
  run.record.generators[0]!.final!.journeys = {};
  expect(judged(run).sentence).toMatch(/^Unknown: nothing was exercised: no journey came to an end/);
});

test("shares of the whole run", () => {
  expect(shareOf(healthyPresale(), "journeys.failedRatio")).toMatchObject({ observed: 0, ok: true });
  expect(shareOf(healthyPresale(), "journeys.completedRatio").observed).toBeCloseTo(37 / 200);
  // One more asked, whose card was declined.
  expect(shareOf(healthyPresale(), "checkout.completionRatio").observed).toBe(1);
  expect(shareOf(healthyPresale(), "payments.failedRatio").observed).toBe(0);
  expect(shareOf(healthyPresale(), "admission.rateErrorRatio").observed).toBe(0);
});

test("who says declined of a card that the provider has not declined has failed", () => {
  const untrue = () => {
    const run = healthyPresale();
    for (const charge of audited(run, "charge")) if (charge.state === "declined") charge.state = "refunded";
    return run;
  };
  expect(shareOf(untrue(), "checkout.completionRatio").observed).toBeCloseTo(37 / 38);
  expect(shareOf(untrue(), "payments.failedRatio").observed).toBeCloseTo(1 / 38);
});

test("admission that stands still while buyers wait is an error against its target", () => {
  const run = healthyPresale();
  for (const place of audited(run, "place")) {
    const afterUs = place.ordinal > 20 ? 5_000_000 : 0;
    if (place.admittedAtUs !== undefined) place.admittedAtUs += afterUs;
  }
  // Ten of the thirty-eight that were due between the decisions came late, beyond the last of them.
  expect(shareOf(run, "admission.rateErrorRatio").observed).toBeCloseTo(10 / 38);
  expect(findingsOf(run)).toContain("medium: Admission was 26.4 % off its target while buyers waited");
});

test("where the controller could not decide there is no target to miss, and a finding", () => {
  const run = healthyPresale();
  const startAtUs = run.plan.startAtUs!;
  const away = ({ atUs }: { atUs: number }) => atUs > startAtUs + 5e6 && atUs < startAtUs + 15e6;
  run.record.audit = run.record.audit.filter((entry) => entry.type !== "decision" || !away(entry));
  const { findings } = judged(run);
  expect(findings.find(({ title }) => title === "Nobody was let in for 10 s, and 172 waited")?.when).toEqual({
    fromMs: 5000,
    toMs: 15_000,
  });
  expect(findings.some(({ title }) => title.startsWith("Admission was"))).toBe(false);
});

test("nothing was begun: shares are not exercised", () => {
  const run = healthyPresale();
  run.record.history = [];
  expect(shareOf(run, "checkout.completionRatio")).toMatchObject({ observed: null, ok: null });
});

test("the funnel, buyers and bots apart, and how journeys ended", () => {
  const { journeys } = judged(healthyPresale());
  expect(journeys!.funnel.map(({ stage, buyers, bots }) => [stage, buyers, bots])).toEqual([
    ["arrived", 190, 10],
    ["joined", 190, 10],
    ["admitted", 39, 1],
    ["held", 39, 1],
    ["asked to pay", 38, 0],
    ["booked", 37, 0],
  ]);
  expect(journeys!.ends[0]).toEqual({ journey: "buyer", end: "rejected", cause: "sold out", clients: 151 });
  expect(journeys!.steps).toEqual([
    "request{step=join}",
    "wait{step=admission}",
    "request{step=hold}",
    "request{step=book}",
  ]);
  expect(journeys!.seats).toEqual({ all: 80, sold: 74, held: 2, free: 4, indeterminate: 0 });
});

test("findings: bots that got in, and what it cost", () => {
  const { findings } = judged(healthyPresale());
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ severity: "medium", title: "1 bot was let in" });
  expect(findings[0]!.evidence).toBe(
    "of 10 that came, 10 got a place and 1 was let in; they took 1 admission and 1 hold (0 seats bought, 2 still held in the end) before 151 buyers were sent home without a seat",
  );
});

test("findings: a run that ended while seats were left and buyers waited", () => {
  const run = healthyPresale();
  for (const entry of run.record.history!) {
    if (entry.cause === "sold out" && entry.client < 150) {
      Object.assign(entry, { end: "abandoned", cause: "the run ended" });
    }
  }
  const { findings } = judged(run);
  expect(findings[0]).toMatchObject({
    severity: "high",
    title: "The run ended before all was sold, and 104 buyers waited",
    evidence:
      "74 of 80 seats were sold; the controller's last decision was to let in 2 a second: conflicts are below the target",
    when: { fromMs: 21_000, toMs: run.plan.durationMs },
  });
  Object.assign(audited(run, "presale")[0]!, { soldOut: true });
  expect(findingsOf(run).some((text) => text.includes("before all was sold"))).toBe(false);
});

test("findings: failed journeys, conflicts, unpaid holds, old positions, slow steps, payments", () => {
  const run = healthyPresale();
  run.record.generators[0]!.final!.journeys!.buyer!["failed: hold: 500"] = 3;
  for (const entry of run.record.history!) {
    if (entry.step === "hold" && entry.type === "ok" && entry.client % 2 === 0) {
      Object.assign(entry, { type: "fail", status: 409 });
    }
  }
  for (const hold of audited(run, "hold")) if (Number(hold.buyer) < 10) hold.seats = ["x-1-1"];
  for (const hold of audited(run, "hold")) if (Number(hold.buyer) < 10) hold.state = "released";
  addSamples(run.record, { second: 22, key: "position_age@fault" }, { 9000: 200 });
  addSamples(run.record, { second: 15, key: "request{step=book}@baseline" }, { 4000: 10 });
  for (const decision of audited(run, "decision").slice(5, 8)) decision.reason = "payments are down";
  expect(findingsOf(run)).toEqual([
    "high: 3 journeys failed",
    "medium: Payments were slow or away, and admission waited for them",
    "medium: 54.6 % of the seats that buyers chose were gone",
    "medium: 27.5 % of the holds were never paid for",
    "medium: Positions in the queue were 9 s old when they came (p99)",
    "medium: 1 bot was let in",
    "low: The slowest step is book: 4 s (p99), with nothing broken",
  ]);
});

test("findings: journeys that failed, as few as the budget allows", () => {
  const run = healthyPresale({ clients: 2000 });
  const measure = "journeys.failedRatio";
  run.plan.budget.objectives.push(objective({ measure, unit: "ratio", op: "lte", target: 0.001 }));
  run.record.generators[0]!.final!.journeys!.buyer!["failed: hold: status 503"] = 1;
  expect(findingsOf(run)).toContain("low: 1 journey failed");
});

test("journeys are dealt out as the crowd does it: by the fraction of id times the golden ratio", () => {
  const journeys = [
    { id: "a", share: 0.5, steps: [] },
    { id: "b", share: 0.5, steps: [] },
  ];
  const first = [0, 1, 2, 3, 4].map((client) => journeyOf(client, journeys)!.id);
  expect(first).toEqual(["a", "b", "a", "b", "a"]);
});

/** From 4 s after the doors have opened on, the crowd thins out: who is done hangs up. */
function thinningOut(run: PresaleRun): PresaleRun {
  for (const { counters } of run.record.generators[0]!.intervals) {
    const { journeysCompleted, journeysRejected, journeysAbandoned } = counters;
    counters.open = counters.planned - journeysCompleted - journeysRejected - journeysAbandoned;
  }
  return run;
}

test("who is done and hangs up is no sign of trouble", () => {
  const run = thinningOut(healthyPresale());
  withFault(run, [
    { id: "steady-within", ms: 5000 },
    { id: "clients-stay-connected", share: 0.99 },
  ]);
  const [fault] = judged(run).faults;
  expect(fault!.steadyAfterMs).toBe(0);
  expect(fault!.expectations.map(({ ok }) => ok)).toEqual([true, true]);
});

test("places that are old, journeys that fail and streams that break are signs of trouble", () => {
  const run = thinningOut(healthyPresale());
  withFault(run);
  addSamples(run.record, { second: 10, key: "position_age@baseline" }, { 120: 200 });
  addSamples(run.record, { second: 31, key: "position_age@recovery" }, { 5000: 100 });
  expect(judged(run).faults[0]!.steadyAfterMs).toBe(1980);
  count(run.record, "journeysFailed", 1, { second: 34 });
  expect(judged(run).faults[0]!.steadyAfterMs).toBe(4980);
});

test("requests that are a second slower, bookings that are pending and holds that are put off are signs of trouble", () => {
  const run = thinningOut(healthyPresale());
  withFault(run);
  addSamples(run.record, { second: 23, key: "request{step=book}@fault" }, { 1100: 3 });
  expect(judged(run).faults[0]).toMatchObject({ detectedAfterMs: null, steadyAfterMs: 0 });
  const told = (client: number, second: number, more: Partial<HistoryEntry>) =>
    run.record.history!.push({
      ...{ client, step: "book", type: "ok", atUs: startAtUs + second * 1e6, status: 202 },
      ...more,
    });
  told(3, 26.5, {});
  told(3, 32.5, { step: "end", type: "end", end: "completed" });
  expect(judged(run).faults[0]).toMatchObject({ detectedAfterMs: 6990, steadyAfterMs: 1980 });
  addSamples(run.record, { second: 24, key: "request{step=book}@fault" }, { 2000: 3 });
  told(4, 34.5, { step: "hold", type: "fail", status: 503 });
  expect(judged(run).faults[0]).toMatchObject({ detectedAfterMs: 4990, steadyAfterMs: 4980 });
});

test("a request that is slow on a full machine is explained by it", () => {
  const run = healthyPresale();
  run.plan.budget.objectives = [objective({ measure: "request{step=book}.p99", target: 500 })];
  for (const second of [12, 13, 14]) {
    addSamples(run.record, { second, key: "request{step=book}@baseline" }, { 4000: 10 });
  }
  expect(judged(run).verdict).toBe("fail");
  starve(run, [12, 13, 14]);
  expect(judged(run).sentence).toMatch(/^Unknown: .* but this machine had no CPU left/);
});
