import { marked, type Token, type Tokens } from "marked";
import { expect, test } from "vitest";
import { fixtureVerdict } from "./html/fixture-verdict.ts";
import { renderMarkdown } from "./markdown.ts";
import { hostileNames } from "./testing/hostile.ts";
import { failedVerdict, passedVerdict, unknownVerdict, verdictFullOf } from "./testing/verdicts.ts";

const tables = (markdown: string) =>
  marked.lexer(markdown).filter((token): token is Tokens.Table => token.type === "table");

test("the sentence first, and what the score says nothing of", () => {
  const lines = renderMarkdown(failedVerdict()).split("\n");
  expect(lines[0]).toMatch(/^## ❌ Failed: Lost was 3, and its target is = 0/);
  expect(lines[2]).toMatch(/score [\d.]+, of what was exercised; not exercised: Resume \(p99\)$/);
  expect(renderMarkdown(passedVerdict())).toMatch(/^## ✅ Passed: /);
  expect(renderMarkdown(unknownVerdict())).toContain(
    "### Why it cannot be trusted\n\n- 2 clients were never released. Cure: use fewer clients",
  );
});

test("objectives by phase, the worst first", () => {
  const lines = renderMarkdown(fixtureVerdict()).split("\n");
  const from = lines.indexOf(
    "|  | Objective | Target | arrive | baseline | fault | recovery | after | whole run | Error budget used |",
  );
  expect(lines.slice(from + 2, from + 5)).toEqual([
    "| ❌ | Nothing is lost, nothing late (key) | ≥ 99.99 % |  | 100 % | **✗ 99.84 %**<br>14.8 % ≥ 0 % allowed | 100 % | 100 % |  | 1,476 × |",
    "| ❌ | Odds on the screen are fresh | \\< 5 s | 502 ms | 499 ms | **✗ 9.21 s \\> 8 s allowed**<br>3.14 s | 503 ms | 498 ms |  | 11.4 × |",
    "| ✅ | A goal reaches everybody (key) | \\< 2 s |  | 366 ms | 6.29 s ≤ 12 s allowed<br>1.41 s |  | 352 ms |  | 55.6 % |",
  ]);
});

test("what faults were allowed, and what the run cost each SLO", () => {
  const markdown = renderMarkdown(fixtureVerdict());
  expect(markdown).toContain(
    "- **Redis away** (`redis-down`): until steady, 15 s at most; steady after 11.4 s\n  - ✅ A goal reaches everybody: allowed 12 s, was 6.29 s\n  - ❌ Odds on the screen are fresh: allowed 8 s, was 9.21 s",
  );
  expect(markdown).toContain(
    "1,998 of 2,000 clients saw a goal late; bad time of a client p50 11 s, p99 14.2 s\n",
  );
  expect(markdown).toContain(
    "| Nothing is lost, nothing late | 34,003 of 230,400 events | **24.6 times what an hour at 99.99 % allows** | 1,476 × | 10,000 × at 22 s | 29 such runs a month |",
  );
});

test("text stays as a person reads it", () => {
  const markdown = renderMarkdown(failedVerdict());
  expect(markdown).toContain('FIRST\\_HALF \\<0-0\\> &amp; "x"');
  expect(markdown).toContain("```sh\nmatchday run goal-spike --seed 7\n```");
});

/** What a reader's Markdown makes of a text: the shape of the document, without its words. */
function shapeOf(markdown: string): string[] {
  const shape: string[] = [];
  const visit = (token: Token) => {
    if (token.type === "table") {
      const { header, rows } = token as Tokens.Table;
      shape.push(`table ${header.length} × ${rows.length}`);
      for (const row of [header, ...rows]) for (const { tokens } of row) tokens.forEach(visit);
      return;
    }
    if (!["text", "space", "escape", "codespan"].includes(token.type)) shape.push(token.type);
    for (const child of (token as Tokens.List).items ?? (token as Tokens.Generic).tokens ?? []) visit(child);
  };
  marked.lexer(markdown).forEach(visit);
  return shape;
}

/** The text that a browser shows: without tags, its entities read. */
const shown = (html: string) =>
  html
    .replace(/<[^>]+>/g, "")
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: keyof typeof entities) => entities[name]);
const entities = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

const htmlOf = (markdown: string) => marked.parse(markdown, { async: false }) as string;

test.each(hostileNames)("whatever names hold, the document keeps its shape: %s", (_, text) => {
  const plain = shapeOf(renderMarkdown(verdictFullOf("plain")));
  // Around a dollar sign stands an element of our own.
  const shape = shapeOf(renderMarkdown(verdictFullOf(text)).replaceAll("<span>$</span>", "$"));
  expect(shape).toEqual(plain);
});

test.each(hostileNames)(
  "whatever names hold, nothing of it is markup, a link or a mention: %s",
  (_, text) => {
    const html = htmlOf(renderMarkdown(verdictFullOf(text)));
    expect(html).not.toMatch(
      /<(?!\/?(?:h[23]|p|strong|table|thead|tbody|tr|t[hd]|ul|li|code|pre|sub|span|br)\b)/,
    );
    const outsideCode = html.replace(/<(code|pre)[\s>].*?<\/\1>/gs, "");
    expect(shown(outsideCode)).not.toMatch(/@\w|#\d|https?:\/\/|www\./);
  },
);

test("a name can be read as it is", () => {
  const name = 'p99 | <2s> & "fast" *now* #12 @octocat ~~x~~ `code` $x$ https://a.example 1. -';
  for (const { header, rows } of tables(renderMarkdown(verdictFullOf(name)))) {
    for (const row of rows) expect(row).toHaveLength(header.length);
  }
  expect(shown(htmlOf(renderMarkdown(verdictFullOf(name)))).replaceAll("\u200b", "")).toContain(name);
});
