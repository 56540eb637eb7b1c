/** The report as one HTML file: it needs no network, and nothing that data say can run in it. */
import { allVisible, visible } from "../common/visible.ts";
import type { Series } from "../measurements/series.ts";
import type { SlowestFlows } from "../measurements/slowest-flows.ts";
import { assets, sha256 } from "./html/assets.ts";
import { html, jsonForScript, Markup } from "./html/markup.ts";
import { framesOf } from "./html/panels.ts";
import { baselineSection } from "./html/sections/baseline.ts";
import { budgets } from "./html/sections/budgets.ts";
import { charts } from "./html/sections/charts.ts";
import { faults } from "./html/sections/faults.ts";
import { findings } from "./html/sections/findings.ts";
import { flows as flowsSection } from "./html/sections/flows.ts";
import { headline } from "./html/sections/headline.ts";
import { instrument } from "./html/sections/instrument.ts";
import { journeys } from "./html/sections/journeys.ts";
import { objectives } from "./html/sections/objectives.ts";
import { type Baseline, outcomes, type ReportVerdict } from "./html/view.ts";

export type { Baseline, BaselineRow, LiveVerdict, ReportVerdict } from "./html/view.ts";

export interface HtmlOptions {
  /** Adds the comparison with another run; left out when absent. */
  baseline?: Baseline;
  /** Adds the slowest flows; left out when absent, as in a run without traces and on the page of a run that goes on. */
  flows?: SlowestFlows | undefined;
  /** Where the page asks for a `LiveUpdate` once a second: the page of a run that goes on. */
  liveUrl?: string;
}

/** What the live page takes: everything on it, made by what makes the report. */
export interface LiveUpdate {
  series: Series;
  /** By id of the element that they fill. */
  sections: Record<string, string>;
  title: string;
  /** No more updates come. */
  done: boolean;
}

export function renderHtml(
  verdict: ReportVerdict,
  series: Series,
  { baseline, flows, liveUrl }: HtmlOptions = {},
): string {
  const { styles, scripts } = assets();
  const policy = [
    "default-src 'none'",
    `style-src ${styles.map(sha256).join(" ")}`,
    `script-src ${scripts.map(sha256).join(" ")}`,
    "img-src data:",
    `connect-src ${liveUrl === undefined ? "'none'" : "'self'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Matchday">
${liveUrl !== undefined && html`<meta name="matchday-live" content="${liveUrl}">`}
<title>${titleOf(verdict)}</title>
${styles.map((style) => html`<style>${new Markup(style)}</style>`)}
</head>
<body>
<header class="top"><div class="page"><span class="brand">Matchday</span> <span class="run">${verdict.run}</span><button type="button" class="quiet screen-only" id="theme">Theme: system</button></div></header>
<main class="page">
<div id="part-headline">${headline(verdict)}</div>
<div id="part-objectives">${objectives(verdict)}</div>
<div id="part-budgets">${budgets(verdict)}</div>
<div id="part-findings">${findings(verdict)}</div>
<div id="part-journeys">${journeys(verdict)}</div>
${charts(framesOf(series))}
<div id="part-faults">${faults(verdict)}</div>
${flows && flowsSection(flows)}
<div id="part-instrument">${instrument(verdict)}</div>
${baseline && baselineSection(baseline)}
</main>
<footer class="page">Latency counts from the planned instant; percentiles are of all samples together, never averages of percentiles.</footer>
<script type="application/json" id="series">${jsonForScript(named(series))}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>`)}
</body>
</html>
`.text;
}

/** The next state of a live page; `JSON.stringify` of it is the answer at `liveUrl`. */
export function liveUpdate(verdict: ReportVerdict, series: Series): LiveUpdate {
  return {
    series: named(series),
    title: titleOf(verdict),
    done: verdict.verdict !== "running",
    sections: {
      "part-headline": headline(verdict).text,
      "part-objectives": objectives(verdict).text,
      "part-budgets": budgets(verdict).text,
      "part-findings": findings(verdict).text,
      "part-journeys": journeys(verdict).text,
      "part-faults": faults(verdict).text,
      "part-instrument": instrument(verdict).text,
    },
  };
}

/** What the charts write beside their figures: names from outside. */
function named(series: Series): Series {
  const { faults, moments, burn } = series;
  return {
    ...series,
    faults: allVisible(faults),
    moments: allVisible(moments),
    ...(burn ? { burn: burn.map((line) => ({ ...line, title: visible(line.title) })) } : {}),
  };
}

function titleOf(verdict: ReportVerdict): string {
  const { glyph, word } = outcomes[verdict.verdict];
  return visible(`${glyph} ${word}: ${verdict.scenario} on ${verdict.design}`);
}
