import { expect, test } from "vitest";
import type { EventClass } from "../../common/match-day.ts";
import {
  decodeHistogram,
  encodeHistogram,
  mergeHistograms,
  percentileMs,
} from "../../measurements/histograms.ts";
import { LiveFeed } from "../../measurements/live.ts";
import { runMetrics } from "../../measurements/metrics.ts";
import type { SloTerms } from "../../verdict/contract.ts";
import { judge } from "../../verdict/judge.ts";
import {
  addSamples,
  count,
  healthyRun,
  objective,
  removeSamples,
  startAtUs,
  withFault,
} from "../../verdict/testing/record.ts";
import { Exposition } from "./exposition.ts";
import { isCounter, parseExposition, type Series } from "./testing/parse.ts";
import { replay } from "./testing/replay.ts";

/** What is published while Redis is away reaches everybody at 31 s, as a resume would bring it. */
function outage() {
  const run = withFault(healthyRun());
  const { record } = run;
  const away = record.published.filter(({ publishedAtUs }) => {
    const atMs = (publishedAtUs - startAtUs) / 1000;
    return atMs >= 20_000 && atMs < 30_000;
  });
  removeSamples(record, "event_age", (second) => second >= 20 && second < 30);
  const late = new Set<number>();
  const byKey = new Map<EventClass, Record<number, number>>();
  for (const { seq, class: eventClass, publishedAtUs } of away) {
    const ageMs = 31_000 - (publishedAtUs - startAtUs) / 1000;
    if (ageMs > 2000) late.add(seq);
    const samples = byKey.get(eventClass) ?? {};
    byKey.set(eventClass, { ...samples, [ageMs]: (samples[ageMs] ?? 0) + 1000 });
  }
  for (const generator of record.generators) {
    for (const [eventClass, samples] of byKey) {
      const key = `event_age{class=${eventClass}}@fault`;
      addSamples(record, { second: 31, key, generator: generator.generator }, samples);
    }
    const told = generator.intervals[19]!.counters;
    for (const { index, counters } of generator.intervals) {
      if (index < 20) continue;
      if (index < 31) counters.onTime = told.onTime;
      else {
        counters.onTime -= late.size * 1000;
        counters.late += late.size * 1000;
      }
    }
    generator.final!.counters = { ...generator.intervals.at(-1)!.counters };
    for (const event of Object.values(generator.final!.streams)[0]!.events) {
      if (late.has(event.seq)) Object.assign(event, { onTime: 0, late: event.onTime });
    }
  }
  // As generators write them, and as they are read back: of one shape, and of the largest sample only its slot is known.
  for (const { hlog } of record.generators) {
    for (const entry of hlog)
      entry.histogram = decodeHistogram(encodeHistogram(mergeHistograms([entry.histogram])));
  }
  return run;
}

const hour = { duration: "1h", ms: 3_600_000, isRolling: true };
const of = (target: number): SloTerms => ({ target, method: "Occurrences", window: hour });

/** Most tests look at the same run, so that it is played once. */
const run = outage();
run.plan.budget.objectives.push(
  objective({ measure: "event_age{class=odds}.p95", id: "odds-in-fault", phase: "fault", target: 5000 }),
  objective({ measure: "event_age.max", id: "slowest" }),
  objective({ measure: "delivery.late", id: "late", op: "eq", target: 0, unit: "count", phase: "fault" }),
);
const verdict = judge(run.plan, run.record);
const { seconds, exposition } = await replay(run);
exposition.verdict(verdict);
const judged = parseExposition(await exposition.text());

const deliveries = (series: Series) => ({
  expected: series.get("matchday_deliveries_owed_total"),
  onTime: series.get('matchday_deliveries_total{outcome="on_time"}'),
  late: series.get('matchday_deliveries_total{outcome="late"}'),
  ratio: series.get("matchday_delivery_ratio"),
});

test("before the start all is told that is known, and nothing that is not", async () => {
  const { plan } = withFault(healthyRun());
  delete plan.startAtUs;
  const exposition = new Exposition(plan, new LiveFeed(2));
  const series = parseExposition(await exposition.text());
  expect(series.get(`matchday_phase{phase="arrive"}`)).toBe(0);
  expect(
    series.get(
      'matchday_objective_target{objective="event_age{class=goal}.p99",title="Goal age (p99)",op="lt",unit="seconds"}',
    ),
  ).toBe(2);
  for (const name of ["matchday_verdict", "matchday_run_elapsed_seconds", "matchday_objective_ok"])
    expect([...series.keys()].filter((key) => key.startsWith(name))).toEqual([]);
});

test("every metric that is promised is there in the end, with its labels, and no other", async () => {
  const run = withFault(healthyRun());
  run.plan.faults[0]!.allow = {
    measures: [{ measure: "event_age.p99", target: 12_000, unit: "ms" }],
    forAtMostMs: 15_000,
  };
  run.plan.budget.objectives.push(objective({ measure: "event_age.p99", slo: of(0.99) }));
  run.record.journal.push({
    atUs: startAtUs + 2e6,
    type: "machine",
    cpuBusy: 0.4,
    memoryUsedBytes: 1e9,
  });
  const { exposition } = await replay(run);
  exposition.figures([
    { part: "edge-1", kind: "edge", up: true, cpuUs: 2_500_000, rssBytes: 5e7 },
    { part: "redis", kind: "dependency", up: false },
  ]);
  const verdictOf = judge(run.plan, run.record);
  exposition.verdict(verdictOf);
  const text = await exposition.text();
  const keys = [...parseExposition(text).keys()];
  for (const [name, { labels }] of Object.entries(runMetrics)) {
    const own = keys.filter((key) => key === name || key.startsWith(`${name}{`));
    expect(own.length, name).toBeGreaterThan(0);
    for (const key of own) {
      const told = [...key.matchAll(/([a-z_]+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
      expect(told, key).toEqual(labels);
    }
  }
  const series = parseExposition(text);
  expect(series.get('matchday_part_cpu_seconds_total{part="edge-1",kind="edge"}')).toBe(2.5);
  expect(series.get('matchday_part_up{part="redis",kind="dependency"}')).toBe(0);
  expect(series.has('matchday_part_memory_bytes{part="redis",kind="dependency"}')).toBe(false);
  expect(series.get("matchday_machine_cpu_busy_ratio")).toBe(0.4);
  const { sentence } = verdictOf;
  expect(series.get(`matchday_verdict{verdict="pass",sentence="${sentence}"}`)).toBe(1);
});

test("a fault and a phase are told while they last", async () => {
  const run = withFault(healthyRun());
  for (const { name, fromMs } of run.plan.phases)
    run.record.journal.push({ atUs: startAtUs + fromMs * 1000, type: "phase", phase: name });
  run.record.journal.sort((a, b) => a.atUs - b.atUs);
  const { seconds } = await replay(run);
  const at = (second: number, key: string) => seconds[second]!.get(key);
  const fault = 'matchday_fault_active{fault="redis-down",band="Redis away"}';
  expect([5, 18, 20, 28, 30].map((second) => at(second, fault))).toEqual([0, 0, 1, 1, 0]);
  const phase = (name: string) => `matchday_phase{phase="${name}"}`;
  expect([10, 25, 50].map((second) => at(second, phase("fault")))).toEqual([0, 1, 0]);
  expect(at(50, phase("after"))).toBe(1);
  expect(at(9, "matchday_run_elapsed_seconds")).toBeCloseTo(10.1, 6);
});

test("counters and histograms never fall, buckets rise with their bounds, and the last one holds all", () => {
  for (const [index, series] of seconds.entries()) {
    for (const [key, value] of series) {
      if (isCounter(key))
        expect(value, `${key} at ${index}`).toBeGreaterThanOrEqual(seconds[index - 1]?.get(key) ?? 0);
    }
  }
  let before = { histogram: "", value: 0 };
  for (const [key, value] of seconds.at(-1)!) {
    const [, name, le, labels] = /^(.+)_bucket\{le="([^"]+)",(.+)\}$/.exec(key) ?? [];
    if (name === undefined) continue;
    const histogram = `${name}{${labels}}`;
    if (histogram === before.histogram) expect(value, key).toBeGreaterThanOrEqual(before.value);
    before = { histogram, value };
    if (le === "+Inf") expect(value).toBe(seconds.at(-1)!.get(`${name}_count{${labels}}`));
  }
});

test("deliveries are owed when their deadline has passed, and in the end they are the verdict's, before it is there", () => {
  const healthy = deliveries(seconds[18]!);
  expect(healthy).toMatchObject({ late: 0, ratio: 1 });
  expect(healthy.onTime).toBe(healthy.expected);
  // The first event that did not come is owed from 22.5 s on; the ledger is known in full a second later.
  expect(deliveries(seconds[22]!).ratio).toBe(1);
  expect(deliveries(seconds[25]!).ratio).toBeLessThan(1);
  expect(deliveries(seconds[25]!)).toMatchObject({ late: 0 });
  const { expected, onTime, late, ratio } = verdict.delivery;
  expect(late).toBeGreaterThan(10_000);
  expect(deliveries(seconds.at(-1)!)).toEqual({ expected, onTime, late, ratio });
});

test("the budget is judged by what has been, as the verdict judges it", () => {
  const untested = verdict.objectives.filter(({ ok }) => ok === null);
  expect(untested.map(({ id }) => id)).toEqual(["resume.p99"]);
  for (const series of [seconds.at(-1)!, judged]) {
    // Whether the run is steady again, and what the fault phase comes to, is known in the end.
    const known = verdict.objectives.filter(
      ({ phase }) => series === judged || (phase !== "fault" && phase !== "recovery"),
    );
    for (const { id, phase, ok, observed, burn, unit } of known) {
      const of = (name: string, more = "") =>
        series.get(`matchday_objective_${name}{objective="${id}",phase="${phase}",allowed=""${more}}`) ??
        null;
      expect(of("ok"), id).toBe(ok === null ? null : Number(ok));
      expect(of("excused"), id).toBe(ok === null ? null : 0);
      expect(of("observed", `,unit="${unit === "ms" ? "seconds" : unit}"`), id).toBe(
        observed === null ? null : unit === "ms" ? observed / 1000 : observed,
      );
      expect(of("burn_rate"), id).toBe(burn);
    }
  }
  // Nobody has missed anything yet while the crowd arrives.
  const connected = 'matchday_objective_ok{objective="clients.connectedRatio",phase="all",allowed=""}';
  expect([1, 2, 3, 4].map((second) => seconds[second]!.get(connected))).toEqual([1, 1, 1, 1]);
  expect(seconds[28]!.get('matchday_objective_ok{objective="delivery.lost",phase="fault",allowed=""}')).toBe(
    0,
  );
});

test("an error budget is that of the whole run: faults are in it, and what they are allowed is no less bad", async () => {
  const run = outage();
  const [goals, ratio] = run.plan.budget.objectives;
  goals!.slo = of(0.99);
  ratio!.slo = of(0.9999);
  run.plan.faults[0]!.allow = {
    measures: [{ measure: "delivery.ratio", target: 0, unit: "ratio" }],
    forAtMostMs: 15_000,
  };
  const { seconds, exposition } = await replay(run);
  const verdict = judge(run.plan, run.record);
  const used = (series: Series) =>
    series.get(`matchday_objective_budget_used_ratio{objective="${ratio!.id}"}`);
  const counted = (series: Series, name: string) =>
    series.get(`matchday_slo_${name}_total{objective="${ratio!.id}"}`)!;
  expect(used(seconds[18]!)).toBe(0);
  const budget = verdict.errorBudgets.find(({ id }) => id === ratio!.id)!;
  expect(budget.used).toBeGreaterThan(10);
  // A tenth of a second after its end, the run has gone on for so much longer than was planned.
  expect(used(seconds.at(-1)!)).toBeCloseTo((budget.used! * 60.1) / 60, 1);
  exposition.verdict(verdict);
  const judged = parseExposition(await exposition.text());
  expect(used(judged)).toBe(budget.used);
  for (const series of [seconds.at(-1)!, judged]) {
    expect(series.get(`matchday_slo_target_ratio{objective="${ratio!.id}"}`)).toBe(0.9999);
    expect(counted(series, "events")).toBe(budget.total);
    expect(counted(series, "events") - counted(series, "good_events")).toBe(budget.bad);
  }
});

test("measures are the verdict's, in histograms and in counts", () => {
  const series = judged;
  for (const { name: phase, measures } of verdict.phases) {
    for (const [measure, { count, maxMs }] of Object.entries(measures)) {
      const [, name, eventClass] = /^([a-z_]+)(?:\{class=(.+)\})?$/.exec(measure)!;
      if (name === "event_age" && eventClass === undefined) continue;
      const labels = `${eventClass ? `class="${eventClass}",` : ""}phase="${phase}"`;
      expect(series.get(`matchday_${name}_seconds_count{${labels}}`), `${measure} ${phase}`).toBe(count);
      expect(series.get(`matchday_${name}_seconds_sum{${labels}}`)).toBeLessThanOrEqual(
        (count * maxMs * 1.001) / 1000,
      );
    }
  }
  expect(deliveries(series)).toMatchObject({ ratio: verdict.delivery.ratio, late: verdict.delivery.late });
});

test("quantiles are exact, of the last whole second, by class and over all", async () => {
  const run = healthyRun();
  addSamples(run.record, { second: 59, key: "event_age{class=goal}@after" }, { 300: 10, 900: 10 });
  addSamples(run.record, { second: 59, key: "event_age{class=card}@after", generator: 1 }, { 5000: 80 });
  const { seconds, live } = await replay(run);
  const age = (eventClass: string, quantile: string) =>
    seconds.at(-1)!.get(`matchday_event_age_quantile_seconds{class="${eventClass}",q="${quantile}"}`);
  const goal = live.latestHistograms.get("event_age{class=goal}@after")!;
  expect(age("goal", "0.5")).toBe(percentileMs(goal, 50) / 1000);
  expect(age("goal", "1")).toBeCloseTo(0.9, 3);
  expect(age("all", "0.5")).toBeCloseTo(5, 2);
  expect(age("odds", "0.5")).toBeUndefined();
  expect(seconds.at(-1)!.get('matchday_stale_odds_age_quantile_seconds{q="0.99"}')).toBeCloseTo(0.6, 3);
});

test("generators do not all end in the same second: with the verdict the rest is taken in", async () => {
  const run = healthyRun();
  const [, second] = run.record.generators;
  second!.intervals.pop();
  second!.hlog = second!.hlog.filter(({ fromMs }) => fromMs < 59_000);
  const { exposition, seconds } = await replay(run);
  const count = 'matchday_stale_odds_age_seconds_count{phase="after"}';
  expect(seconds.at(-1)!.get("matchday_crowd_clients_connected")).toBe(2000);
  expect(seconds.at(-1)!.get(count)).toBe(19 * 8000);
  const verdict = judge(run.plan, run.record);
  exposition.verdict(verdict);
  expect(parseExposition(await exposition.text()).get(count)).toBe(
    verdict.phases.at(-1)!.measures.stale_odds_age!.count,
  );
});

test("journeys: their steps apart, and how they ended, over all generators", async () => {
  const run = healthyRun();
  addSamples(run.record, { second: 58, key: "request{step=hold}@after" }, { 40: 10 });
  addSamples(run.record, { second: 59, key: "request{step=hold}@after" }, { 80: 30 });
  addSamples(run.record, { second: 59, key: "wait{step=admission}@after", generator: 1 }, { 9000: 5 });
  addSamples(run.record, { second: 59, key: "journey@after" }, { 20000: 5 });
  addSamples(run.record, { second: 59, key: "position_age@after" }, { 100: 5 });
  count(run.record, "journeysCompleted", 3, { second: 59 });
  count(run.record, "journeysCompleted", 2, { second: 59, generator: 1 });
  count(run.record, "journeysFailed", 1, { second: 59, generator: 1 });
  const last = (await replay(run)).seconds.at(-1)!;
  const p50 = (measure: string, step = "") =>
    last.get(`matchday_${measure}_quantile_seconds{${step}q="0.5"}`);
  expect(p50("request", 'step="hold",')).toBeCloseTo(0.08, 3);
  expect(p50("wait", 'step="admission",')).toBeCloseTo(9, 1);
  expect(p50("journey")).toBeCloseTo(20, 1);
  expect(p50("position_age")).toBeCloseTo(0.1, 3);
  expect(last.get('matchday_request_seconds_count{step="hold",phase="after"}')).toBe(40);
  expect(last.get('matchday_request_seconds_bucket{le="0.05",step="hold",phase="after"}')).toBe(10);
  expect(last.get('matchday_wait_seconds_count{step="admission",phase="after"}')).toBe(5);
  expect(
    ["completed", "rejected", "abandoned", "failed"].map((end) =>
      last.get(`matchday_journeys_total{end="${end}"}`),
    ),
  ).toEqual([5, 0, 0, 1]);
});
