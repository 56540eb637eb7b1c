import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Verdict } from "../verdict/contract.ts";
import { judge } from "../verdict/judge.ts";
import { count, healthyRun, stream, withFault } from "../verdict/testing/record.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderTerminal } from "./terminal.ts";

function failedVerdict(): Verdict {
  const { plan, record } = withFault(healthyRun(), [
    { id: "nothing-lost" },
    { id: "steady-within", ms: 5000 },
  ]);
  const { events, screens } = record.generators[0]!.final!.streams[stream]!;
  events[24]!.onTime -= 3;
  const [right] = Object.keys(screens);
  record.generators[0]!.final!.streams[stream]!.screens = { [right!]: 998, 'FIRST_HALF <0-0> & "x"': 2 };
  count(record, "duplicate", 3, { second: 10 });
  return judge(plan, record);
}

const passedVerdict = () => {
  const { plan, record } = healthyRun();
  return judge(plan, record);
};

test("terminal: the sentence first, what failed before what held, columns aligned", () => {
  const verdict = failedVerdict();
  const lines = renderTerminal(verdict, { color: false, reportPath: "runs/latest/report.html" }).split("\n");
  expect(lines[0]).toBe(verdict.sentence);
  expect(lines[0]).toMatch(/^Failed: Lost was 3, and its target is = 0; 3 more failed\.$/);
  const from = lines.indexOf("Objectives") + 1;
  const objectives = lines.slice(from, lines.indexOf("", from));
  expect(
    objectives.map((line) =>
      line
        .trim()
        .split(/\s{2,}/)
        .slice(0, 4),
    ),
  ).toEqual([
    ["✗ Lost", "3", "= 0", "all"],
    ["✗ Duplicates", "3", "= 0", "all"],
    ["– Resume (p99)", "not exercised", "< 6.5 s", "all"],
    ["✓ Goal age (p99)", "40 ms", "< 2 s", "steady"],
    ["✓ On time", "100 %", "≥ 99.99 %", "steady"],
    ["✓ Got in", "100 %", "≥ 99.99 %", "all"],
  ]);
  expect(new Set(objectives.map((line) => line.indexOf("budget used"))).size).toBe(1);
  const text = lines.join("\n");
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

test("terminal: colour is asked for, and changes no word", () => {
  const verdict = failedVerdict();
  const plain = renderTerminal(verdict, { color: false });
  const coloured = renderTerminal(verdict, { color: true });
  expect(stripVTControlCharacters(plain)).toBe(plain);
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test("terminal: an unknown run says why it is not to be trusted", () => {
  const { plan, record } = healthyRun();
  record.generators[0]!.final!.skipped = 2;
  expect(renderTerminal(judge(plan, record), { color: false })).toContain(
    "  not to be trusted: 2 clients were never released. Cure: use fewer clients",
  );
});

/** Open and close tags, strictly nested; attribute values without raw markup. Enough to see a broken escape. */
function parseXml(xml: string): { tag: string; attributes: Record<string, string>; text: string }[] {
  const elements: { tag: string; attributes: Record<string, string>; text: string }[] = [];
  const open: (typeof elements)[number][] = [];
  const token = /<\?[^?]*\?>|<\/([a-z]+)>|<([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const match of xml.matchAll(token)) {
    end = match.index + match[0].length;
    const [, closed, opened, attributes, selfClosing, text] = match;
    if (closed) expect(open.pop()?.tag).toBe(closed);
    else if (opened) {
      const pairs = [...attributes!.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!,
      ]);
      const element = { tag: opened, attributes: Object.fromEntries(pairs), text: "" };
      elements.push(element);
      if (!selfClosing) open.push(element);
    } else if (text && open.length > 0) open.at(-1)!.text += text;
  }
  expect(end).toBe(xml.length);
  expect(open).toEqual([]);
  return elements;
}

test("junit: a case for each objective, invariant and expectation, with value and target", () => {
  const verdict = failedVerdict();
  const elements = parseXml(renderJunit(verdict));
  const [root] = elements;
  expect(root).toMatchObject({
    tag: "testsuites",
    attributes: { tests: "12", failures: "4", errors: "0", skipped: "1" },
  });
  expect(elements.filter(({ tag }) => tag === "testcase")).toHaveLength(12);
  expect(elements.filter(({ tag }) => tag === "failure").map(({ attributes }) => attributes.message)).toEqual(
    [
      "Lost: observed 3, target = 0",
      "Duplicates: observed 3, target = 0",
      expect.stringMatching(
        /^2 clients end on &quot;FIRST_HALF &lt;0-0&gt; &amp; &quot;x&quot;&quot; .*\(2000 checked\)$/,
      ),
      expect.stringMatching(/^3 lost of /),
    ],
  );
});

test("junit: an unknown run is an error of the run itself; control characters do not break it", () => {
  const { plan, record } = healthyRun();
  record.generators[0]!.final!.skipped = 2;
  plan.command = "matchday run \u0000\u001b[31m \ud800 ]]>";
  const elements = parseXml(renderJunit(judge(plan, record)));
  expect(elements[0]!.attributes.errors).toBe("1");
  expect(elements.find(({ tag }) => tag === "error")!.attributes.message).toMatch(
    /^Unknown: 2 clients were never released/,
  );
  expect(elements.find(({ attributes }) => attributes.name === "command")!.attributes.value).toBe(
    "matchday run \ufffd\ufffd[31m \ufffd ]]&gt;",
  );
});

test("junit: a pass has no failure", () => {
  expect(renderJunit(passedVerdict())).toMatch(
    /<testsuites name="matchday goal-spike" tests="10" failures="0" errors="0" skipped="1"/,
  );
});

test("markdown: sentence, a table that failed ones lead, and no markup from values", () => {
  const markdown = renderMarkdown(failedVerdict());
  const lines = markdown.split("\n");
  expect(lines[0]).toBe("## ❌ Failed: Lost was 3, and its target is = 0; 3 more failed.");
  const table = lines.filter((line) => line.startsWith("|"));
  expect(table).toHaveLength(8);
  expect(table[2]).toBe("| ❌ | Lost (key) | 3 | = 0 | all | – |");
  expect(markdown).toContain('FIRST\\_HALF \\<0-0\\> & "x"');
  expect(markdown).toContain("```sh\nmatchday run goal-spike --seed 7\n```");
  expect(renderMarkdown(passedVerdict())).toMatch(/^## ✅ Passed: /);
});

test("json: the verdict and nothing else", () => {
  const verdict = passedVerdict();
  expect(JSON.parse(renderJson(verdict))).toEqual(verdict);
});
