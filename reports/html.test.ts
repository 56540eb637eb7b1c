import { expect, test } from "vitest";
import { formatMs } from "../common/duration.ts";
import type { SpanRecord } from "../common/records.ts";
import { buildSeries, type Column, type Series } from "../measurements/series.ts";
import { slowestFlows } from "../measurements/slowest-flows.ts";
import type { Verdict } from "../verdict/contract.ts";
import { bundle, sha256 } from "./html/assets.ts";
import { emptyRecord, fixtureBurn, fixturePlan, fixtureRecord } from "./html/fixture.ts";
import { fixtureBaseline, fixtureVerdict } from "./html/fixture-verdict.ts";
import { framesOf, panelFrames } from "./html/panels.ts";
import { flows as flowsSection } from "./html/sections/flows.ts";
import { type LiveVerdict, liveUpdate, renderHtml } from "./html.ts";
import { verdictFullOf } from "./testing/verdicts.ts";

const series = buildSeries(fixturePlan(), fixtureRecord());
const flows = slowestFlows(fixturePlan(), fixtureRecord());
const page = renderHtml(fixtureVerdict(), series, { baseline: fixtureBaseline, flows });

/** Where each of these stands in the page; all of them must. */
function places(text: string, ...wanted: string[]): number[] {
  return wanted.map((one) => {
    const at = text.indexOf(one);
    expect(at, one).toBeGreaterThan(-1);
    return at;
  });
}

const ascending = (numbers: number[]) => numbers.toSorted((a, b) => a - b);

test("tells everything in the report's order", () => {
  const found = places(
    page,
    `<h1>${fixtureVerdict().sentence}</h1>`,
    'id="objectives"',
    "Invariants",
    'id="findings"',
    'id="charts"',
    ...panelFrames.map(({ id }) => `data-panel="${id}"`),
    'id="faults"',
    'id="flows"',
    'id="instrument"',
    'id="baseline"',
  );
  expect(found).toEqual(ascending(found));
});

test("the headline says what is needed to repeat the run", () => {
  const { command, scenario, design, seed } = fixtureVerdict();
  places(
    page,
    command,
    scenario,
    design,
    `<dd>${seed}</dd>`,
    "2026-11-21 13:06 UTC",
    "24 GiB",
    'data-copy="command"',
  );
});

test("the worst objectives come first, and what was not exercised last", () => {
  const [, table] = /<div class="phases"[^>]*>(.*?)<\/table>/s.exec(page)!;
  const found = places(
    table!,
    "Nothing is lost, nothing late",
    "Odds on the screen are fresh",
    "A goal reaches everybody",
    "Fans get in",
    "No one gets another&#39;s event",
  );
  expect(found).toEqual(ascending(found));
  places(table!, "1,476 ×", "11.4 ×", "55.6 %", 'colspan="6">not exercised');
});

test("a cell says without colour whether it held, was allowed or was missed", () => {
  const cells = [...page.matchAll(/<td role="cell" data-label="fault"[^>]*>(.*?)<\/td>/gs)];
  const words = cells.map(([, cell]) => cell!.replace(/<[^>]+>/g, "").trim());
  expect(words).toEqual([
    "✗ 99.84 % 14.8 % ≥ 0 % allowed",
    "✗ 9.21 s &gt; 8 s allowed 3.14 s",
    "6.29 s ≤ 12 s allowed 1.41 s",
    "4.31 s",
  ]);
  places(cells[0]![1]!, 'aria-label="missed"', 'title="redis-down"');
});

test("what faults were allowed, for how long, and what they cost", () => {
  const [, list] = /<h3 id="allowed">(.*?)<\/table>/s.exec(page)!;
  const found = places(
    list!,
    "Redis away</b> <code>redis-down</code>: until steady, 15 s at most; steady after 11.4 s",
    ...["A goal reaches everybody", "12 s", "6.29 s", "Odds on the screen are fresh", "8 s", "9.21 s"],
    ...["delivery.late", "50,000", "no objective is about it"],
  );
  expect(found).toEqual(ascending(found));
});

test("what the run cost each SLO, and how often it can be afforded", () => {
  const [, section] = /<section id="budgets"(.*?)<\/section>/s.exec(page)!;
  const found = places(
    section!,
    ...[
      "Nothing is lost, nothing late",
      "34,003 of 230,400 events",
      "24.6 times what an hour at 99.99 % allows",
    ],
    ...[
      "1,476 ×",
      "10,000 × at 22 s",
      "29 such runs a month",
      "A goal reaches everybody",
      "Back after a crash",
    ],
    ...["no window named; the target is 95 %", "any number of such runs"],
    "By user: 1,998 of 2,000 clients saw a goal late",
  );
  expect(found).toEqual(ascending(found));
  expect(renderHtml({ ...fixtureVerdict(), errorBudgets: [] }, series)).not.toContain('id="budgets"');
});

test("beside the score stands what it says nothing of", () => {
  const facts = (verdict: Verdict) => {
    const [, list] = /<dl class="facts">(.*?)<\/dl>/s.exec(renderHtml(verdict, series))!;
    return [...list!.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(
      ([, name, value]) => `${name}: ${value}`,
    );
  };
  const verdict = fixtureVerdict();
  expect(facts(verdict).slice(0, 2)).toEqual([
    "Score: 71 of 100, of what was exercised",
    "Not exercised: No one gets another&#39;s event",
  ]);
  expect(facts({ ...verdict, untestedAs: "fail" }).slice(0, 2)).toEqual([
    "Score: 71 of 100",
    "Not exercised, and weighed as failed: No one gets another&#39;s event",
  ]);
  expect(facts({ ...verdict, untested: [] })[0]).toBe("Score: 71 of 100");
});

test("burn rates have a chart where something was bad", () => {
  const frames = (given: Series) => framesOf(given).map(({ id }) => id);
  expect(frames({ ...series, burn: fixtureBurn() })).toContain("burn");
  expect(frames({ ...series, burn: [] })).toEqual(frames(series));
  expect(frames(series)).not.toContain("burn");
});

test("severe findings come first, and lead to their stretch of the charts", () => {
  const found = places(page, "A resume can skip events", "Odds on the screen grow old");
  expect(found).toEqual(ascending(found));
  places(page, 'href="#charts" data-from="38000" data-to="43000"');
});

test("without a baseline there is no such section", () => {
  expect(renderHtml(fixtureVerdict(), series)).not.toContain('id="baseline"');
});

test("an unknown run says why it cannot be trusted", () => {
  const verdict = fixtureVerdict();
  verdict.verdict = "unknown";
  verdict.sentence = "Unknown: the generator was short of CPU.";
  verdict.generator.saturated = true;
  verdict.generator.reasons = ["the machine had no CPU left in 14 of 60 s"];
  places(renderHtml(verdict, series), "Why this run cannot be trusted", "no CPU left in 14 of 60 s");
});

const nasty = `</script><img src=x onerror="alert(1)">'&<!--`;

test("nothing that data say becomes markup", () => {
  const verdict = fixtureVerdict();
  verdict.sentence = verdict.command = verdict.scenario = verdict.run = nasty;
  verdict.findings[0]!.title = verdict.findings[0]!.evidence = nasty;
  verdict.objectives[0]!.title = nasty;
  verdict.objectives[3]!.allowed = { target: 12_000, by: [nasty] };
  verdict.errorBudgets[0]!.title = verdict.errorBudgets[0]!.id = nasty;
  verdict.faults[0]!.allow!.measures[3]!.measure = nasty;
  verdict.untested = [nasty];
  verdict.invariants[0]!.violations = [{ what: nasty, stream: nasty }];
  verdict.faults[0]!.band = verdict.faults[0]!.expectations[0]!.observed = nasty;
  verdict.generator.reasons = [nasty];
  verdict.measures[nasty] = verdict.measures.connect!;
  const spoiled: Series = structuredClone(series);
  spoiled.burn = [{ title: nasty, windows: [] }];
  spoiled.faults[0]!.band = spoiled.moments[0]!.label = spoiled.stack[0]!.part = nasty;
  const text = renderHtml(verdict, spoiled, {
    baseline: { name: nasty, rows: [{ measure: nasty, unit: "ms", now: 1, before: 2, change: "noise" }] },
    liveUrl: nasty,
  });
  expect(text).not.toContain("<img");
  expect(text).not.toContain('onerror="');
  expect(text.match(/<script/g)).toHaveLength(3);
  expect(text.match(/<\/script>/g)).toHaveLength(3);
  const [, data] = /<script type="application\/json" id="series">(.*?)<\/script>/s.exec(text)!;
  expect((JSON.parse(data!) as Series).faults[0]!.band).toBe(nasty);
});

test("nothing that data say turns the page's text around", () => {
  const turned = "abc \u202etxt.exe";
  const spoiled: Series = structuredClone({ ...series, burn: fixtureBurn() });
  spoiled.faults[0]!.band = spoiled.moments[0]!.label = spoiled.burn![0]!.title = turned;
  expect(renderHtml(verdictFullOf(turned), spoiled)).not.toContain("\u202e");
  expect(JSON.stringify(liveUpdate(verdictFullOf(turned), spoiled))).not.toContain("\u202e");
});

test("needs no network, and its policy lets only its own styles and scripts run", () => {
  expect(page.match(/\b(?:src|href)="(?!#)[^"]*"/g)).toBeNull();
  expect(page).not.toMatch(/@import|url\(/);
  expect(page).not.toMatch(/ style="| on[a-z]+="/);
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
  const allowed = policy!.replaceAll("&#39;", "'");
  expect(allowed).toContain("default-src 'none'");
  expect(allowed).toContain("connect-src 'none'");
  for (const [, text] of page.matchAll(/<(?:style|script)>(.*?)<\/(?:style|script)>/gs)) {
    expect(allowed).toContain(sha256(text!));
  }
});

test("the bundle has every module and is one valid script", () => {
  const code = bundle("main");
  expect(code).not.toMatch(/^(?:import|export) /m);
  // Compiled, not run: there is no page here.
  expect(() => new Function(code)).not.toThrow();
});

test("a run that died early is told with empty panels", () => {
  const empty = buildSeries(fixturePlan(), emptyRecord);
  const verdict = {
    ...fixtureVerdict(),
    objectives: [],
    errorBudgets: [],
    invariants: [],
    findings: [],
    faults: [],
    measures: {},
  };
  const text = renderHtml(verdict, empty);
  places(text, "No fault was injected", "No weakness was found", "This budget has no objectives");
  expect(text.match(/data-panel=/g)).toHaveLength(panelFrames.length);
});

/** The fixture's run, repeated until it is `seconds` long, with more parts. */
function stretched(seconds: number, parts: number): Series {
  const repeat = <T>(column: T[]): T[] =>
    Array.from({ length: seconds }, (_, at) => column[at % column.length]!);
  const columns = <T extends object>(of: T): T =>
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => [
        name,
        Array.isArray(value) ? repeat(value as Column) : value,
      ]),
    ) as T;
  return {
    ...series,
    seconds,
    durationMs: seconds * 1000,
    crowd: columns(series.crowd),
    latency: Object.fromEntries(Object.entries(series.latency).map(([name, of]) => [name, columns(of)])),
    heat: { ...series.heat, cells: repeat(series.heat.cells) },
    delivery: columns(series.delivery),
    machine: columns(series.machine),
    stack: Array.from({ length: parts }, (_, at) => ({
      ...columns(series.stack[at % series.stack.length]!),
      part: `part-${at}`,
    })),
  };
}

test("an hour of 30 parts stays below 5 MB", () => {
  const text = renderHtml(fixtureVerdict(), stretched(3600, 30));
  expect(Buffer.byteLength(text)).toBeLessThan(5_000_000);
});

test("the live page is the same page, and an update fills the same places", () => {
  const { run, scenario, design, stack, startedAt, durationMs, seed, command, machine } = fixtureVerdict();
  const live: LiveVerdict = {
    ...{ run, scenario, design, stack, startedAt, durationMs, seed, command, machine },
    verdict: "running",
    sentence: "Redis away: 2,000 of 2,000 clients open, 24 of 60 s.",
  };
  const text = renderHtml(live, series, { liveUrl: "/live.json" });
  places(
    text,
    '<meta name="matchday-live" content="/live.json">',
    "Running:</span>",
    "connect-src &#39;self&#39;",
  );
  const update = liveUpdate(live, series);
  expect(update.done).toBe(false);
  for (const [id, markup] of Object.entries(update.sections)) places(text, `<div id="${id}">${markup}</div>`);
  expect(liveUpdate(fixtureVerdict(), series).done).toBe(true);
});

test("the page writes durations as everything else does", async () => {
  const module = "./html/client/format.js";
  const format = (await import(module)) as { formatMs(ms: number): string };
  for (const ms of [
    0, 0.04, 0.42, 9.99, 10, 412, 999.6, 1000, 6290, 9999, 60_000, 119_999, 120_000, 125_400,
  ]) {
    expect(format.formatMs(ms)).toBe(formatMs(ms));
  }
});

test("a goal that waited for Redis is told in words too, not in bars alone", () => {
  const [, goal] =
    /<details class="flow" open>\s*<summary><b class="flow-name">say goal([\s\S]*?)<\/table>/.exec(page)!;
  places(
    goal!,
    "5.94 s",
    "at 24.2 s · Redis away",
    "Longest: the wait for redis publish (scores), 5.93 s of 5.94 s",
    'data-from="24200" data-to="30145"',
  );
});

test("a hop that failed is told in words too", () => {
  const [, resume] = /<b class="flow-name">resume stream([\s\S]*?)<\/table>/.exec(page)!;
  places(resume!, "✗ 1 error", 'aria-label="failed"', "canceling statement due to statement timeout");
});

test("a flow of milliseconds leads to its instant, a longer one to its stretch", () => {
  places(page, ">2 s on the charts</a>", ">24.2 s to 30.1 s on the charts</a>");
});

test("where a flow's beginning was not kept, it says so", () => {
  places(page, "how it began was not kept");
});

test("a run without traces says nothing of flows", () => {
  expect(slowestFlows(fixturePlan(), emptyRecord)).toBeUndefined();
  expect(renderHtml(fixtureVerdict(), series, { flows: undefined })).not.toContain("flows");
});

/** Everything at once: as many names as there can be, with more hops, attributes and text than anybody reads. */
const crowded: SpanRecord[] = Array.from({ length: 40 * 60 }, (_, index) => ({
  ...{ traceId: `t${index % 40}`, spanId: `s${index}`, kind: "client", startUs: index * 1000 },
  ...(index >= 40 && { parentSpanId: `s${index % 40}` }),
  ...{ name: `<i>name ${index % 40}</i>`, part: index % 2 ? "crowd-0" : "vendor" },
  ...{ endUs: index * 1000 + 900, error: "x".repeat(5000) },
  attributes: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`"key" ${n}`, "<b>".repeat(500)])),
}));

test("a page of flows has an end, and nothing in it becomes markup", () => {
  const record = { ...emptyRecord, spans: crowded };
  const { text } = flowsSection(slowestFlows(fixturePlan(), record)!);
  expect(text.match(/<details class="flow"/g)!.length).toBeLessThanOrEqual(20);
  expect(text.match(/<th role="rowheader"/g)!.length).toBeLessThanOrEqual(20 * 30);
  places(text, "and 30 hops more");
  expect(text).not.toMatch(/<i>|<b>&lt;|"key"|style=/);
  expect(text.length).toBeLessThan(5_000_000);
});
