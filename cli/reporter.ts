import { buildSeries } from "../measurements/series.ts";
import { slowestFlows } from "../measurements/slowest-flows.ts";
import type { Reporter } from "../rehearsal/reporter.ts";
import type { SavedRun } from "../rehearsal/saved-run.ts";
import { renderHtml } from "../reports/html.ts";
import { renderJson } from "../reports/json.ts";
import { renderJunit } from "../reports/junit.ts";
import { renderMarkdown } from "../reports/markdown.ts";
import type { Verdict } from "../verdict/contract.ts";
import { LivePage } from "./live-page.ts";

export function htmlOf({ plan, record }: SavedRun, verdict: Verdict): string {
  return renderHtml(verdict, buildSeries(plan, record), { flows: slowestFlows(plan, record) });
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
