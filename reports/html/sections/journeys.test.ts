import { expect, test } from "vitest";
import { buildSeries } from "../../../measurements/series.ts";
import { judge } from "../../../verdict/judge.ts";
import { healthyPresale } from "../../../verdict/testing/presale-record.ts";
import { healthyRun } from "../../../verdict/testing/record.ts";
import { liveUpdate, renderHtml } from "../../html.ts";
import { renderMarkdown } from "../../markdown.ts";
import { renderTerminal } from "../../terminal.ts";
import { journeys } from "./journeys.ts";

function presale() {
  const run = healthyPresale();
  run.record.generators[0]!.final!.journeys!.buyer!["failed: <b>404</b>"] = 2;
  return { run, verdict: judge(run.plan, run.record) };
}

/** The text of each row of each table. */
const rows = (text: string) =>
  [...text.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<(?:td|th)[^>]*>(.*?)<\/(?:td|th)>/gs)].map(([, cell]) =>
      cell!
        .replace(/<[^>]+>/g, " ")
        .replace(/\s+/g, " ")
        .trim(),
    ),
  );

test("the funnel, the steps and the ends, failed ones first; what data say is text", () => {
  const { text } = journeys(presale().verdict);
  const told = rows(text);
  expect(told).toContainEqual(["arrived", "", "190", "–", "10"]);
  expect(told).toContainEqual(["admitted", "", "39", "20.5 %", "1"]);
  expect(told).toContainEqual(["booked", "", "37", "97.4 %", "0"]);
  expect(told).toContainEqual(["join request{step=join}", "8 ms", "8 ms", "40 ms", "40 ms", "200"]);
  expect(told.find(([cell]) => cell?.startsWith("admission wait"))).toBeDefined();
  const ends = told.slice(told.findIndex((row) => row.includes("Cause")) + 1);
  expect(ends[0]).toEqual(["✗", "failed: &lt;b&gt;404&lt;/b&gt;", "buyer", "2", "1 %"]);
  expect(ends[1]).toEqual(["–", "rejected: sold out", "buyer", "151", "74.8 %"]);
  expect(text).toContain("80 seats: 74 sold, 2 held, 4 free");
});

test("a run without journeys has no such section, and no such charts", () => {
  const { plan, record } = healthyRun();
  const verdict = judge(plan, record);
  expect(journeys(verdict).text).toBe("");
  const page = renderHtml(verdict, buildSeries(plan, record));
  expect(page).not.toContain('data-panel="queue"');
  expect(page).toContain('data-panel="delivery"');
});

test("a presale has charts of its own, also while it goes on", () => {
  const { run, verdict } = presale();
  const series = buildSeries(run.plan, run.record);
  const page = renderHtml(verdict, series);
  for (const id of ["queue", "admission", "ends", "steps", "position_age", "clients", "cpu"]) {
    expect(page).toContain(`data-panel="${id}"`);
  }
  for (const id of ["event_age", "heat", "delivery"]) expect(page).not.toContain(`data-panel="${id}"`);
  expect(liveUpdate(verdict, series).sections["part-journeys"]).toContain('id="journeys"');
  expect(series.journeys!.queue.slice(0, 4)).toEqual([null, 200, 198, 196]);
  expect(series.journeys!.admitted.slice(1, 4)).toEqual([1, 2, 2]);
  expect(series.journeys!.ended.completed.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(37);
});

test("terminal and markdown: the funnel and the ends, and no word of deliveries that nobody is owed", () => {
  const { verdict } = presale();
  const text = renderTerminal(verdict, { color: false });
  expect(text).toContain(
    "Journeys\n  190 arrived → 190 joined → 39 admitted → 39 held → 38 asked to pay → 37 booked\n  bots: 10 arrived → 10 joined → 1 admitted → 1 held\n  80 seats: 74 sold, 2 held, 4 free\n",
  );
  expect(text).not.toContain("owed");
  expect(renderMarkdown(verdict)).toContain("- 37 completed: booked (buyer)\n");
});

test("clients whose journey is over are under way no more", () => {
  const { plan, record } = healthyPresale();
  const { underWay } = buildSeries(plan, record).journeys!;
  expect(underWay[4]).toBe(199);
  expect(underWay.at(-1)).toBe(0);
});

test("a single second without a decision has the one before it; a longer silence is a gap", () => {
  const { plan, record } = healthyPresale();
  const missing = [4, 10, 11].map((second) => plan.startAtUs! + second * 1_000_000);
  record.audit = record.audit.filter((entry) => entry.type !== "decision" || !missing.includes(entry.atUs));
  const { queue } = buildSeries(plan, record).journeys!;
  expect(queue.slice(3, 6)).toEqual([196, 196, 192]);
  expect(queue.slice(9, 13)).toEqual([184, null, null, 178]);
});
