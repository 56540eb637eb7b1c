/** A made-up run, for tests and for looking at the page: 2,000 clients, Redis away for ten seconds, an edge that crashes. */

import { build, type Histogram } from "hdr-histogram-js";
import type { Phase } from "../../common/match-day.ts";
import type { CrowdFinal, CrowdInterval, PublishedEvent } from "../../common/records.ts";
import { seeded } from "../../common/seeded.ts";
import type { PlanLike } from "../../measurements/plan-like.ts";
import type { GeneratorRecord, RunRecord } from "../../measurements/run-record.ts";
import type { BurnLine } from "../../measurements/series.ts";
import { noCounters } from "../../measurements/testing/counters.ts";
import { edgeCrash, type FixtureOptions, redisAway, startAtUs, within } from "./fixture-clock.ts";
import { fixtureSpans } from "./fixture-spans.ts";
import { journal, stack } from "./fixture-stack.ts";

export function fixturePlan({ seconds = 60, clients = 2000 }: FixtureOptions = {}): PlanLike {
  const endMs = seconds * 1000;
  const phases: Phase[] = [
    { name: "arrive", fromMs: 0, toMs: 10_000 },
    { name: "baseline", fromMs: 10_000, toMs: 20_000 },
    { name: "fault", fromMs: 20_000, toMs: 41_000 },
    { name: "recovery", fromMs: 41_000, toMs: 48_000 },
    { name: "after", fromMs: 48_000, toMs: endMs },
  ];
  return {
    clients,
    durationMs: endMs,
    phases,
    faults: [
      { id: "redis-down", kind: "redis-down", atMs: 20_000, forMs: 10_000, band: "Redis away" },
      { id: "edge-crash", kind: "edge-crash", atMs: 38_000, forMs: 3000, band: "edge-2 killed" },
    ],
    deadlinesMs: { goal: 2000, correction: 2000, card: 5000, status: 5000, odds: 1000 },
    startAtUs,
    machine: { cores: 2 },
  };
}

function published(seconds: number): PublishedEvent[] {
  const events: PublishedEvent[] = [];
  const say = (atMs: number, eventClass: PublishedEvent["class"], event: unknown) =>
    events.push({
      stream: "match-1",
      seq: 0,
      class: eventClass,
      sourceAtUs: startAtUs + atMs * 1000 - 8000,
      publishedAtUs: startAtUs + atMs * 1000,
      event,
    });
  for (let atMs = 500; atMs < seconds * 1000 - 1000; atMs += 500) say(atMs, "odds", { type: "ODDS" });
  say(2200, "status", { type: "STATUS", status: "FIRST_HALF" });
  for (let atMs = 14_300; atMs < seconds * 1000 - 4000; atMs += 60_000) {
    say(atMs, "goal", { type: "GOAL", factId: `g${atMs}` });
    say(atMs + 9900, "goal", { type: "GOAL", factId: `h${atMs}` });
    say(atMs + 19_600, "correction", { type: "RETRACT", factId: `h${atMs}` });
    say(atMs + 29_100, "card", { type: "YELLOW_CARD", factId: `y${atMs}` });
    say(atMs + 35_900, "goal", { type: "GOAL", factId: `i${atMs}` });
  }
  say(seconds * 1000 - 2500, "status", { type: "STATUS", status: "FULL_TIME" });
  events.sort((a, b) => a.publishedAtUs - b.publishedAtUs);
  for (const [index, event] of events.entries()) event.seq = index + 1;
  return events.filter(({ publishedAtUs }) => publishedAtUs < startAtUs + seconds * 1_000_000);
}

/** How long an event is under way: a long tail, and until Redis is back for what is published while it is away. */
function ageMs(publishedMs: number, random: () => number, burst: boolean): number {
  const base = burst
    ? 40 + 330 * random() ** 0.6
    : 4 + 24 * random() ** 3 + (random() < 0.01 ? 60 * random() : 0);
  return within(publishedMs, redisAway) ? redisAway.toMs - publishedMs + 120 + 380 * random() : base;
}

class Generator {
  readonly #hists = new Map<number, Map<string, Histogram>>();
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  record(atMs: number, key: string, valueMs: number, count = 1): void {
    const second = Math.floor(atMs / 1000);
    if (second < 0 || second >= this.#seconds) return;
    const here = this.#hists.get(second) ?? new Map<string, Histogram>();
    this.#hists.set(second, here);
    const histogram = here.get(key) ?? build({ highestTrackableValue: 2, autoResize: true });
    here.set(key, histogram);
    histogram.recordValueWithCount(Math.max(1, Math.round(valueMs * 1000)), count);
  }

  hlog(): GeneratorRecord["hlog"] {
    return [...this.#hists].flatMap(([second, keys]) =>
      [...keys].map(([key, histogram]) => ({
        fromMs: second * 1000,
        toMs: second * 1000 + 1000,
        key,
        histogram,
      })),
    );
  }
}

function generatorRecord(
  generator: number,
  events: PublishedEvent[],
  options: Required<FixtureOptions>,
): GeneratorRecord {
  const { seconds, generators, edges } = options;
  const clients = Math.round(options.clients / generators);
  const random = seeded(generator + 1);
  const hists = new Generator(seconds);
  const samples = Math.min(clients, 150);
  const each = clients / samples;
  const phaseOf = (atMs: number) =>
    fixturePlan({ seconds }).phases.find((phase) => within(atMs, phase))?.name ?? "after";
  const cohorts = Array.from({ length: 10 }, (_, second) => ({
    fromSeq: second * 2,
    leaveMs: seconds * 1000,
    slow: false,
    clients: Math.round(clients / 10),
  }));
  const told: CrowdFinal["streams"][string]["events"] = [];
  const bySecond = Array.from({ length: seconds }, () => ({ onTime: 0, late: 0, events: 0 }));
  for (const { seq, class: eventClass, publishedAtUs } of events) {
    const atMs = (publishedAtUs - startAtUs) / 1000;
    const open = Math.min(1, atMs / 10_000);
    const deadline = { goal: 2000, correction: 2000, card: 5000, status: 5000, odds: 1000 }[eventClass];
    const one = { seq, onTime: 0, late: 0, recovered: 0 };
    for (let sample = 0; sample < samples * open; sample++) {
      const age = ageMs(atMs, random, eventClass !== "odds");
      hists.record(atMs + age, `event_age{class=${eventClass}}@${phaseOf(atMs)}`, age, Math.round(each));
      const second = bySecond[Math.floor((atMs + age) / 1000)];
      one[age <= deadline ? "onTime" : "late"] += Math.round(each);
      if (second) {
        second[age <= deadline ? "onTime" : "late"] += Math.round(each);
        second.events += Math.round(each);
      }
    }
    const owed = cohorts
      .filter(({ fromSeq }) => seq > fromSeq)
      .reduce((sum, cohort) => sum + cohort.clients, 0);
    one.late = Math.round((owed * one.late) / (one.onTime + one.late || 1));
    one.onTime = owed - one.late;
    if (atMs === 39_000 && generator === 0) one.onTime -= 3;
    told.push(one);
  }
  const counters = noCounters();
  const intervals: CrowdInterval[] = [];
  const crashed = Math.round(clients / edges);
  for (let second = 0; second < seconds; second++) {
    const atMs = second * 1000;
    const arriving = second < 10;
    counters.planned = Math.round(clients * Math.min(1, (second + 1) / 10));
    counters.open = counters.planned - (second === 0 ? 4 : 0);
    if (second >= 38 && second < 42) counters.open -= Math.round((crashed * (42 - second)) / 4.4);
    if (second === 38) counters.disconnects += crashed;
    if (second >= 39 && second < 43) counters.resumes += Math.round(crashed / 4);
    counters.connected = counters.planned;
    counters.connectErrors += second === 38 || second === 39 ? Math.round(crashed / 9) : 0;
    counters.onTime += bySecond[second]!.onTime;
    counters.late += bySecond[second]!.late;
    counters.events += bySecond[second]!.events;
    for (let sample = 0; sample < 40; sample++) {
      if (arriving) {
        hists.record(
          atMs,
          "connect@arrive",
          2 + 20 * random() ** 4 + second * random(),
          Math.round(clients / 400),
        );
        hists.record(atMs, "release_lag@arrive", 0.2 + 3 * random() ** 4);
      }
      if (second >= 39 && second < 43) {
        hists.record(atMs, "resume@fault", 1000 * (second - 38) + 900 * random(), Math.ceil(crashed / 160));
        hists.record(atMs, "connect@fault", 4 + 60 * random() ** 3);
      }
      hists.record(atMs, `read_lag@${phaseOf(atMs)}`, 0.1 + (second === 30 ? 60 : 4) * random() ** 4);
      const stale = within(atMs, redisAway) ? atMs - redisAway.fromMs + 1000 * random() : 500 * random() + 20;
      hists.record(atMs, `stale_odds_age@${phaseOf(atMs)}`, stale, Math.round(clients / 10));
    }
    intervals.push({
      generator,
      index: second,
      fromMs: atMs,
      toMs: atMs + 1000,
      phase: phaseOf(atMs),
      counters: { ...counters },
      self: {
        cpuUs: 400_000 + second * 90_000 + (second >= 30 ? 250_000 : 0),
        rssBytes: 60e6 + counters.open * 8000,
        heapBytes: 30e6,
        gcPauseUs: second * 60,
        gcCount: second,
        goroutines: counters.open + 30,
        quoteSamplesSkipped: 0,
      },
    });
  }
  return {
    generator,
    intervals,
    hlog: hists.hlog(),
    final: {
      generator,
      planned: clients,
      connected: clients,
      failed: 0,
      skipped: 0,
      openWithinMs: 10_012,
      baseRssBytes: 52e6,
      bytesPerClient: 8130,
      cpuUsPerOpen: 128,
      cpuUsPerEvent: 9.1,
      timestamps: { kernel: 100_000, reader: 0 },
      clock: { offsetUs: 0, errorUs: 14 },
      errors: { "connect: connection refused": Math.round(crashed / 9) },
      streams: { "match-1": { cohorts, events: told, screens: {}, slowScreens: {} } },
      counters,
    },
  };
}

export function fixtureRecord(given: FixtureOptions = {}): RunRecord {
  const options = { seconds: 60, clients: 2000, generators: 2, edges: 3, ...given };
  const events = published(options.seconds);
  return {
    published: events,
    journal: journal(options.seconds),
    generators: Array.from({ length: options.generators }, (_, n) => generatorRecord(n, events, options)),
    stack: stack(options),
    anomalies: [],
    spans: fixtureSpans(),
  };
}

/** A run that died before its first second. */
export const emptyRecord: RunRecord = {
  published: [],
  journal: [],
  generators: [],
  stack: [],
  anomalies: [],
  spans: [],
};

/** As the run's error budgets burned, for the charts. */
export function fixtureBurn(seconds = 60): BurnLine[] {
  const column = (at: (atMs: number) => number) =>
    Array.from({ length: seconds }, (_, second) => at(second * 1000));
  const late = (windowMs: number) =>
    column((atMs) => {
      const away = Math.min(atMs + 1000, redisAway.toMs) - Math.max(atMs + 1000 - windowMs, redisAway.fromMs);
      return Math.max(0, (10_000 * away) / windowMs);
    });
  return [
    {
      title: "Nothing is lost, nothing late",
      windows: [
        { windowMs: 5000, burn: late(5000) },
        { windowMs: 30_000, burn: late(30_000) },
      ],
    },
    {
      title: "Back after a crash",
      windows: [{ windowMs: 5000, burn: column((atMs) => (within(atMs, edgeCrash) ? 10 : 0)) }],
    },
  ];
}
