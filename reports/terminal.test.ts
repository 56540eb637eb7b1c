import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { fixtureVerdict } from "./html/fixture-verdict.ts";
import { renderTerminal } from "./terminal.ts";
import { hostileNames } from "./testing/hostile.ts";
import { failedVerdict, unknownVerdict, verdictFullOf } from "./testing/verdicts.ts";
import { widthOf } from "./text-table.ts";

/** The lines of a section, by its heading, up to the next empty one. */
function section(text: string, heading: string): string[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.startsWith(heading));
  expect(from, heading).toBeGreaterThan(-1);
  return lines.slice(from, lines.indexOf("", from));
}

const cellsOf = (line: string) => line.trim().split(/\s{2,}/);

test("the sentence first, and what the score says nothing of", () => {
  const verdict = failedVerdict();
  const lines = renderTerminal(verdict, { color: false }).split("\n");
  expect(lines[0]).toBe(verdict.sentence);
  expect(lines[0]).toMatch(/^Failed: Lost was 3, and its target is = 0/);
  expect(lines[3]).toMatch(/^score [\d.]+, of what was exercised; not exercised: Resume \(p99\)$/);
  verdict.untestedAs = "fail";
  expect(renderTerminal(verdict, { color: false })).toMatch(
    /^score [\d.]+; not exercised, and weighed as failed: Resume/m,
  );
  verdict.untested = [];
  expect(renderTerminal(verdict, { color: false })).toMatch(/^score [\d.]+$/m);
});

test("one line an objective, one column a phase, the worst first", () => {
  const table = section(renderTerminal(fixtureVerdict(), { color: false, columns: 200 }), "Objectives");
  expect(table.map(cellsOf)).toEqual([
    ["Objectives", "target", "arrive", "baseline", "fault", "recovery", "after", "all", "budget"],
    ["✗ Nothing is lost, nothing late", "≥ 99.99 %", "100 %", "✗ 99.84 %", "100 %", "100 %", "1,476 ×"],
    ["14.8 % ≥ 0 % allowed"],
    [
      "✗ Odds on the screen are fresh",
      "< 5 s",
      "502 ms",
      "499 ms",
      "✗ 9.21 s > 8 s allowed",
      "503 ms",
      "498 ms",
      "11.4 ×",
    ],
    ["3.14 s"],
    ["✓ A goal reaches everybody", "< 2 s", "366 ms", "6.29 s ≤ 12 s allowed", "352 ms", "55.6 %"],
    ["1.41 s"],
    ["✓ Fans get in", "< 1 s", "31 ms", "0 %"],
    ["✓ Back after a crash", "< 6 s", "4.31 s", "44 %"],
    ["✓ Clients that got in", "≥ 99.99 %", "100 %", "0 %"],
    ["– No one gets another's event", "= 0", "not exercised"],
    ["✗ missed; budget: of the error budget, used by the whole run"],
  ]);
  for (const name of ["after", "budget"]) expect(table[0]).toContain(name);
  // Under the head of its column.
  for (const value of ["6.29 s", "1.41 s", "3.14 s"]) {
    expect(table.find((line) => line.includes(value))!.indexOf(value)).toBe(table[0]!.indexOf("fault"));
  }
  expect(table[1]!.indexOf("1,476 ×")).toBe(table[0]!.indexOf("budget"));
});

test("what it cost users, where they told", () => {
  expect(renderTerminal(fixtureVerdict(), { color: false }).split("\n")[3]).toBe(
    "1,998 of 2,000 clients saw a goal late; bad time of a client p50 11 s, p99 14.2 s",
  );
  expect(renderTerminal(failedVerdict(), { color: false })).not.toContain("bad time");
});

test("where there is no room, the word is told once and titles are cut", () => {
  const table = section(renderTerminal(fixtureVerdict(), { color: false, columns: 103 }), "Objectives");
  expect(table[1]).toContain("✗ Nothing is lo…g late  ≥ 99.99 %");
  expect(table.join("\n")).toContain("6.29 s ≤ 12 s  ");
  expect(table.at(-1)).toContain("≤ ≥ < > in a phase: what its faults are allowed");
  for (const line of table.slice(0, -1)) expect(widthOf(line)).toBeLessThanOrEqual(103);
});

test("is 120 columns wide unless told", () => {
  for (const verdict of [failedVerdict(), fixtureVerdict()]) {
    const table = section(renderTerminal(verdict, { color: false }), "Objectives");
    for (const line of table) expect(widthOf(line)).toBeLessThanOrEqual(120);
  }
});

test("what faults were allowed, for how long, and what they cost", () => {
  expect(section(renderTerminal(fixtureVerdict(), { color: false }), "Allowed")).toEqual([
    "Allowed while faults lasted",
    "  Redis away (redis-down): until steady, 15 s at most; steady after 11.4 s",
    "    ✓ A goal reaches everybody       allowed 12 s              was 6.29 s",
    "    ✗ Odds on the screen are fresh   allowed 8 s               was 9.21 s",
    "    ✓ Nothing is lost, nothing late  allowed as little as 0 %  was 14.8 %",
    "    – delivery.late                  allowed 50,000            no objective is about it",
  ]);
});

test("error budgets: the most spent first, and what they afford", () => {
  expect(section(renderTerminal(fixtureVerdict(), { color: false }), "Error budgets")).toEqual([
    "Error budgets, of the whole run",
    "  ! Nothing is lost, nothing late: 34,003 of 230,400 events bad, 24.6 times what an hour at 99.99 % allows",
    "      burn 1,476 ×, at worst 10,000 × at 22 s; affordable: 29 such runs a month",
    "    A goal reaches everybody: 2,000 of 6,000 events bad, 56 % of an hour at 99 %",
    "      burn 33.3 ×, at worst 100 × at 30 s; affordable: 1,296 such runs a month",
    "    Odds on the screen are fresh: 2 of 12 slices bad, 0.039 % of 30 days at 99 %",
    "      burn 16.7 ×, at worst 100 × at 25 s; affordable: 2,592 such runs a month",
    "    Back after a crash: 0.5 of 60 slices bad, no window named; the target is 95 %",
    "      burn 0.167 ×, at worst 10 × at 39 s; affordable: any number of such runs",
    "    nothing bad: Clients that got in",
  ]);
});

test("invariants, faults, findings and the instrument", () => {
  const text = renderTerminal(failedVerdict(), { color: false, reportPath: "runs/latest/report.html" });
  expect(text).toContain(
    "  ✗ Every screen ends on the right score (final-screen, 2,000 things checked)\n      2 clients end on",
  );
  expect(text).toContain("  Redis away on all Redis legs, 20 s – 30 s: ");
  expect(text).toContain("    ✗ nothing-lost: 3 lost of ");
  expect(text).toContain("    ✓ steady-within: steady 0 ms after the heal; expected within 5 s");
  expect(text).toContain("  high   3 deliveries lost for good: ");
  expect(text).toContain("2 generators · 8.2 KB a client · 9.0 µs an event");
  expect(text).toMatch(/Repeat: matchday run goal-spike --seed 7\nReport: runs\/latest\/report.html\n$/);
});

test.each([failedVerdict, fixtureVerdict])("colour is asked for, and changes no word", (given) => {
  const plain = renderTerminal(given(), { color: false });
  const coloured = renderTerminal(given(), { color: true });
  expect(stripVTControlCharacters(plain)).toBe(plain);
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test("an unknown run says why it is not to be trusted", () => {
  expect(renderTerminal(unknownVerdict(), { color: false })).toContain(
    "  not to be trusted: 2 clients were never released. Cure: use fewer clients",
  );
});

test.each(hostileNames)("no name acts on the terminal: %s", (_, text) => {
  const verdict = verdictFullOf(text);
  const lines = verdictFullOf("plain");
  for (const shown of [
    renderTerminal(verdict, { color: false, reportPath: "report.html" }),
    stripVTControlCharacters(renderTerminal(verdict, { color: true, reportPath: "report.html" })),
  ]) {
    expect(shown).not.toMatch(
      /(?!\n)[\p{Cc}\p{Zl}\p{Zp}]|[\u202a-\u202e\u2066-\u2069\u200e\u200f]|\p{Surrogate}/u,
    );
    // No name begins a line of its own.
    expect(shown.split("\n").length).toBe(
      renderTerminal(lines, { color: false, reportPath: "report.html" }).split("\n").length,
    );
  }
});
