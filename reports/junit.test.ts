import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import type { Verdict } from "../verdict/contract.ts";
import { fixtureVerdict } from "./html/fixture-verdict.ts";
import { renderJunit } from "./junit.ts";
import { hostileNames } from "./testing/hostile.ts";
import { failedVerdict, passedVerdict, unknownVerdict, verdictFullOf } from "./testing/verdicts.ts";

const schema = readFileSync(join(import.meta.dirname, "testing", "junit-10.xsd"), "utf8");

/** What a validator says against it; nothing: valid. */
async function complaints(xml: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: "junit.xml", contents: xml }],
    schema: [{ fileName: "junit-10.xsd", contents: schema }],
  });
  return errors.map(({ message }) => message);
}

/** The test cases that are written, each with what is in it; values as they stand in the file. */
function casesOf(verdict: Verdict) {
  const cases = renderJunit(verdict).matchAll(
    /<testcase classname="([^"]*)" name="([^"]*)" time="0"(?:\/>|>(.*?)<\/testcase>)/gs,
  );
  return [...cases].map(([, classname, name, body = ""]) => ({ classname, name, body: body.trim() }));
}

test.each([
  ["a pass", passedVerdict],
  ["a failure", failedVerdict],
  ["an unknown run", unknownVerdict],
  ["everything at once", fixtureVerdict],
])("%s is valid for the schema", async (_, verdict) => {
  expect(await complaints(renderJunit(verdict()))).toEqual([]);
});

test.each(hostileNames)("is valid whatever names hold: %s", async (_, text) => {
  expect(await complaints(renderJunit(verdictFullOf(text)))).toEqual([]);
});

test("is valid without a start, as of a run that died before it", async () => {
  const verdict = { ...fixtureVerdict(), startedAt: "", objectives: [], faults: [], invariants: [] };
  const xml = renderJunit(verdict);
  expect(await complaints(xml)).toEqual([]);
  expect(xml).not.toContain("timestamp");
});

test("the schema sees what is not allowed", async () => {
  const xml = renderJunit(fixtureVerdict());
  for (const broken of [
    xml.replace("<testsuites ", '<testsuites skipped="1" '),
    xml.replace("<testcase ", '<testcase status="ok" '),
    xml.replace(/(timestamp="[^"]*)"/, '$1.605Z"'),
    xml.replace(' time="0"', ' time="0 s"'),
    xml.replace('<testsuite name="run" tests="1"', '<testsuite name="run"'),
    xml.replace("</properties>", "</properties><properties/>"),
  ]) {
    expect(broken).not.toBe(xml);
    expect(await complaints(broken)).not.toEqual([]);
  }
});

test("each objective is a case in each phase, and says what was observed", () => {
  const cases = casesOf(fixtureVerdict());
  expect(
    cases.filter(({ classname }) => classname!.startsWith("goal-p99/")).map(({ classname }) => classname),
  ).toEqual(["goal-p99/baseline", "goal-p99/fault", "goal-p99/fault", "goal-p99/after"]);
  expect(cases).toContainEqual({
    classname: "goal-p99/fault",
    name: "A goal reaches everybody: event_age{class=goal}.p99 &lt; 2 s; allowed 12 s (redis-down), fault",
    body: "<system-out>observed 6.29 s; target &lt; 2 s; allowed 12 s (redis-down); error budget used by the whole run: 55.6 %</system-out>",
  });
});

test("no two cases have one name", () => {
  const names = casesOf(fixtureVerdict()).map(({ classname, name }) => `${classname} ${name}`);
  expect(new Set(names).size).toBe(names.length);
});

test("what failed says by how much, beyond an allowance too", () => {
  const failed = casesOf(fixtureVerdict()).filter(({ body }) => body.startsWith("<failure"));
  expect(failed.map(({ body }) => /message="([^"]*)"/.exec(body)![1])).toEqual([
    "Odds on the screen are fresh: observed 9.21 s, target &lt; 5 s; allowed 8 s (redis-down)",
    "Nothing is lost, nothing late: observed 99.84 %, target ≥ 99.99 %",
    "never arrived (230,400 checked)",
    "3 events were lost",
  ]);
});

test("what was not exercised is skipped, with the reason", () => {
  const verdict = fixtureVerdict();
  verdict.invariants[0]!.ok = null;
  verdict.faults[0]!.expectations[0] = {
    id: "steady-within",
    ok: null,
    observed: "the fault was not healed",
  };
  const skipped = casesOf(verdict).filter(({ body }) => body.startsWith("<skipped"));
  expect(skipped.map(({ body }) => /message="([^"]*)"/.exec(body)![1])).toEqual([
    "not exercised: no delivery.misdelivered in the whole run",
    "there was nothing to look at",
    "the fault was not healed",
  ]);
});

test("counts are those of the cases", () => {
  const xml = renderJunit(fixtureVerdict());
  const cases = casesOf(fixtureVerdict());
  const [, tests, failures, errors] = /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(
    xml,
  )!;
  expect([tests, failures, errors].map(Number)).toEqual([cases.length, 4, 0]);
  const sums = [...xml.matchAll(/<testsuite [^>]*tests="(\d+)"/g)].map(([, amount]) => Number(amount));
  expect(sums.reduce((sum, amount) => sum + amount)).toBe(cases.length);
});

test("an unknown run is an error of the run itself", () => {
  const [trusted] = casesOf(unknownVerdict());
  expect(trusted!.body).toMatch(/^<error type="error" message="Unknown: 2 clients were never released/);
});

test("what cannot be written as it is can still be read", () => {
  const verdict = passedVerdict();
  verdict.command = "matchday run \u0000\u001b[31m \ud800 ]]> \uffff";
  expect(renderJunit(verdict)).toContain(
    'name="command" value="matchday run \\u{0}\\u{1b}[31m \\u{d800} ]]&gt; \ufffd"',
  );
});
