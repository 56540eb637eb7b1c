import { buildSeries } from "../measurements/series.ts";
import { slowestFlows } from "../measurements/slowest-flows.ts";
import type { Reporter } from "../rehearsal/reporter.ts";
import type { SavedRun } from "../rehearsal/saved-run.ts";
import { burnLines } from "../reports/burn-lines.ts";
import { renderHtml } from "../reports/html.ts";
import { renderJson } from "../reports/json.ts";
import { renderJunit } from "../reports/junit.ts";
import { renderMarkdown } from "../reports/markdown.ts";
import type { Verdict } from "../verdict/contract.ts";
import { LivePage } from "./live-page.ts";

export function htmlOf({ plan, record }: SavedRun, verdict: Verdict): string {
  const series = buildSeries(plan, record);
  const burn = burnLines(plan, record, series.seconds);
  return renderHtml(verdict, { ...series, burn }, { flows: slowestFlows(plan, record) });
}

/** Draws runs with the reports of this project. */
export const reporter: Reporter = {
  files: (saved, verdict) => ({
    "verdict.json": renderJson(verdict),
    "report.html": htmlOf(saved, verdict),
    "junit.xml": renderJunit(verdict),
    "summary.md": renderMarkdown(verdict),
  }),
  live: (plan, feed, soFar) => new LivePage(plan, feed, soFar),
};
