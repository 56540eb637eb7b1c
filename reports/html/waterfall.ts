/** One flow as a table of its hops, each with a bar on the flow's own time axis. */
import { type Hop, tellingHops } from "../../measurements/flows.ts";
import type { PlacedFlow } from "../../measurements/slowest-flows.ts";
import { html, type Markup } from "./markup.ts";
import { ms, noFigure, plural } from "./words.ts";

/** A flow that is longer is told in words; a person reads no more rows. */
const mostHops = 30;

export function waterfall(flow: PlacedFlow): Markup {
  const hops = tellingHops(flow, mostHops);
  const hidden = flow.hops.length - hops.length;
  const axis = axisOf(flow);
  return html`<table class="waterfall" role="table" aria-label="Hops of ${flow.name}, in the order of what led to what">
  <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Hop</th><th role="columnheader" scope="col" class="bars"><span class="unseen">Begun after</span>${axisLabels(axis)}</th><th role="columnheader" scope="col" class="number">Waited</th><th role="columnheader" scope="col" class="number">Took</th></tr></thead>
  <tbody role="rowgroup">${hops.map((hop) => row(hop, axis))}</tbody>
</table>${hidden > 0 && html`<p class="none">and ${plural(hidden, "hop")} more, each shorter than these</p>`}`;
}

function row(hop: Hop, axis: Axis): Markup {
  const { span, depth, waitUs, durationUs, offsetUs, skewUs } = hop;
  const failed = span.error !== undefined;
  return html`<tr role="row"${failed && html` class="failed"`}>
  <th role="rowheader" scope="row" class="hop is-deep-${Math.min(depth, 6)}">${failed && html`<span class="mark is-fail" role="img" aria-label="failed">✗</span> `}${span.name} <span class="part">${span.part}</span>${failed && html`<span class="wrong">${short(span.error!)}</span>`}${skewUs > 0 && html`<span class="where">begun ${ms(skewUs / 1000)} before what led to it: two clocks</span>`}</th>
  <td role="cell" class="bars"><span class="unseen">${ms(offsetUs / 1000)}</span>${bars(hop, axis)}</td>
  <td role="cell" class="number waited${waitUs === 0 && html` is-none`}">${waitUs > 0 ? ms(waitUs / 1000) : noFigure}</td>
  <td role="cell" class="number">${ms(durationUs / 1000)}</td>
</tr>`;
}

interface Axis {
  /** Where an instant of the flow stands, in per cent of the axis. */
  place(offsetMs: number): number;
  ticksMs: number[];
  /** The faults, as far as they overlap the flow. */
  bands: { band: string; from: number; to: number }[];
}

function axisOf({ durationUs, atMs, faults }: PlacedFlow): Axis {
  const durationMs = Math.max(durationUs, 1) / 1000;
  const place = (offsetMs: number) => Number(((offsetMs / durationMs) * 100).toFixed(2));
  const stepMs = niceStep(durationMs / 4);
  // A label that stands at the very end would be cut.
  const ticks = Array.from({ length: Math.floor((durationMs * 0.92) / stepMs) + 1 }, (_, n) => n * stepMs);
  return {
    place,
    ticksMs: ticks,
    bands: faults.map(({ band, fromMs, toMs }) => ({
      band,
      from: place(Math.max(0, fromMs - atMs)),
      to: place(Math.min(durationMs, toMs - atMs)),
    })),
  };
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((step) => step * power >= least) ?? 10);
}

function axisLabels({ ticksMs, bands, place }: Axis): Markup {
  return html`<svg class="row axis" width="100%" height="100%" aria-hidden="true">${bands.map(bandOf)}${ticksMs.map(
    (atMs) => html`<text x="${place(atMs)}%" y="100%" dx="3" dy="-5">${atMs === 0 ? "0" : ms(atMs)}</text>`,
  )}</svg>`;
}

/** Its edges are drawn, so that it is seen without colour; where it goes on outside the flow, it has none. */
const bandOf = ({ from, to }: Axis["bands"][number]) =>
  html`<rect class="band" x="${from}%" width="${percentOf(to - from)}" height="100%"/>${[from, to].map(
    (edge) => edge > 0 && edge < 100 && html`<line class="band-edge" x1="${edge}%" x2="${edge}%" y2="100%"/>`,
  )}`;

const percentOf = (share: number) => `${Number(Math.max(0, share).toFixed(2))}%`;

/** From the top of the row to its end: bands and ticks; in its middle: the wait before the hop, and the hop. */
function bars({ waitUs, offsetUs, durationUs, span }: Hop, { place, ticksMs, bands }: Axis): Markup {
  const from = `${place(offsetUs / 1000)}%`;
  const bar = (name: string, width: string) =>
    html`<rect class="${name}" x="${from}" y="50%" width="${width}" height="12" transform="translate(0 -6)"/>`;
  return html`<svg class="row" width="100%" height="100%" aria-hidden="true">${bands.map(bandOf)}${ticksMs.map(
    (atMs) => html`<line class="tick" x1="${place(atMs)}%" x2="${place(atMs)}%" y2="100%"/>`,
  )}${waitUs > 0 && html`<line class="wait" x1="${place((offsetUs - waitUs) / 1000)}%" x2="${from}" y1="50%" y2="50%"/>`}${bar(span.error === undefined ? "work" : "work is-hollow", percentOf(place(durationUs / 1000)))}${bar("least", "2")}</svg>`;
}

/** What went wrong comes from anywhere, and may be as long as it likes. */
export function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
