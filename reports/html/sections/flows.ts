import { type FlowKind, longestOf } from "../../../measurements/flows.ts";
import type { PlacedFlow, SlowestFlows } from "../../../measurements/slowest-flows.ts";
import { html, type Markup } from "../markup.ts";
import { short, waterfall } from "../waterfall.ts";
import { clock, count, ms, plural } from "../words.ts";
import { rangeLink } from "./findings.ts";

const titles: Record<FlowKind, { title: string; meaning: string; one: string }> = {
  event: {
    title: "Events",
    meaning: "from the vendor's word to the edges that fan it out",
    one: "event",
  },
  request: {
    title: "Requests",
    meaning: "from the client, or from the service that answered it",
    one: "request",
  },
};

/** Attributes of a hop that are shown; a service that sets more of them has them in spans.jsonl. */
const mostAttributes = 12;

/** What the slowest events and requests met on their way, hop by hop. */
export function flows({ groups }: SlowestFlows): Markup {
  return html`<section id="flows" aria-labelledby="flows-title">
  <h2 id="flows-title">Slowest flows</h2>
  <p class="hint">Of the flows that were traced: those that began during a fault, and a share of the rest. A bar is work; a dotted line before it, its wait; a shaded stretch is a fault; a hollow bar with ✗ went wrong.</p>
  ${groups.map(
    ({
      kind,
      flows,
      of,
    }) => html`<h3>${titles[kind].title} <span class="tally">${count(flows.length)} of ${plural(of, titles[kind].one)} traced, ${titles[kind].meaning}</span></h3>
  ${flows.map((flow, index) => article(flow, tellsNews(flow, flows.slice(0, index))))}`,
  )}
</section>`;
}

/** The first of all, of each name in each fault, and with an error stands open; the others wait for a click. */
function tellsNews({ name, faults, errors }: PlacedFlow, above: PlacedFlow[]): boolean {
  const alike = above.filter((flow) => flow.name === name);
  const shown = new Set(alike.flatMap((flow) => flow.faults.map(({ id }) => id)));
  return (
    above.length === 0 ||
    faults.some(({ id }) => !shown.has(id)) ||
    (errors > 0 && above.every((flow) => flow.errors === 0))
  );
}

function article(flow: PlacedFlow, open: boolean): Markup {
  const { name, durationUs, atMs, faults, errors } = flow;
  const toMs = atMs + durationUs / 1000;
  const notes = [
    `at ${clock(atMs)}`,
    ...faults.map(({ band }) => band),
    errors > 0 ? `✗ ${plural(errors, "error")}` : "",
  ];
  return html`<details class="flow"${open && html` open`}>
  <summary><b class="flow-name">${name}</b> <b class="flow-took">${ms(durationUs / 1000)}</b> <span class="where">${notes.filter(Boolean).join(" · ")}</span></summary>
  <p>${longest(flow)}. ${onCharts(Math.max(0, Math.floor(atMs)), Math.ceil(toMs))}</p>
  ${waterfall(flow)}
  ${attributes(flow)}
</details>`;
}

/** Most flows are over within a tenth of a second: an instant. */
function onCharts(fromMs: number, toMs: number): Markup {
  const instant = clock(fromMs) === clock(toMs);
  return instant ? rangeLink(fromMs, toMs, clock(fromMs)) : rangeLink(fromMs, toMs);
}

function longest(flow: PlacedFlow): string {
  const { hop, what, us } = longestOf(flow);
  const took = `${ms(us / 1000)} of ${ms(flow.durationUs / 1000)}`;
  const { name, part } = hop.span;
  const head = flow.rootKept ? "" : "; how it began was not kept";
  return what === "wait"
    ? `Longest: the wait for ${name} (${part}), ${took}${head}`
    : `Longest: ${name} (${part}), ${took}${head}`;
}

function attributes({ traceId, hops }: PlacedFlow): Markup {
  const shown = hops.filter(({ span }) => Object.keys(span.attributes).length > 0).slice(0, 30);
  return html`<details class="fold"><summary>Attributes</summary>
  <p class="where">Trace <code>${short(traceId)}</code></p>
  <dl class="attributes">${shown.map(
    ({ span }) =>
      html`<dt>${span.name} <span class="part">${span.part}</span></dt><dd>${Object.entries(span.attributes)
        .slice(0, mostAttributes)
        .map(([key, value]) => html`<code>${short(key)} = ${short(String(value))}</code> `)}</dd>`,
  )}</dl></details>`;
}
