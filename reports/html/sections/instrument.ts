import { html, type Markup } from "../markup.ts";
import type { ReportVerdict } from "../view.ts";
import { bytes, count, ms, noFigure, percent, plural } from "../words.ts";
import { mark } from "./marks.ts";

/** The generator on itself, and why what it says can be believed. */
export function instrument(verdict: ReportVerdict): Markup {
  const { generator } = verdict;
  return html`<section id="instrument" aria-labelledby="instrument-title">
  <h2 id="instrument-title">The instrument</h2>
  ${
    generator === undefined
      ? html`<p class="none">Told when the run has ended.</p>`
      : html`<dl class="figures">
    ${figureOf("Generators", plural(generator.processes, "process", "processes"))}
    ${figureOf("Memory a client", generator.bytesPerClient > 0 ? bytes(generator.bytesPerClient) : noFigure)}
    ${figureOf("CPU to open one", microseconds(generator.cpuUsPerOpen))}
    ${figureOf("CPU an event", microseconds(generator.cpuUsPerEvent))}
    ${figureOf("Release lag p99", ms(generator.releaseLagP99Ms))}
    ${figureOf("Read lag p99", ms(generator.readLagP99Ms))}
    ${figureOf("Clock error", `± ${microseconds(generator.clockErrorUs)}`)}
    ${figureOf("Stamped by the kernel", percent(generator.kernelTimestampRatio))}
  </dl>
  ${trust(verdict, generator)}`
  }
</section>`;
}

function figureOf(name: string, value: string): Markup {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function microseconds(us: number): string {
  return Number.isFinite(us) ? `${Number(us.toPrecision(3))} µs` : noFigure;
}

function trust(verdict: ReportVerdict, generator: NonNullable<ReportVerdict["generator"]>): Markup {
  const unknown = verdict.verdict === "unknown";
  return html`<h3>${unknown ? "Why this run cannot be trusted" : "Why this run can be trusted"}</h3>
<ul class="checks">
  ${"clients" in verdict && html`<li>${mark(verdict.clients.connected === verdict.clients.planned)} ${count(verdict.clients.connected)} of ${count(verdict.clients.planned)} clients had a stream; the last was open after ${ms(verdict.clients.openWithinMs)}${verdict.clients.failed > 0 && `, ${count(verdict.clients.failed)} failed`}.</li>`}
  <li>${mark(generator.saturated ? false : unknown && generator.reasons.length > 0 ? null : true)} ${generator.saturated ? "The generator was saturated: it had not the CPU to keep its plan." : `The generator kept its plan: 99 % of requests left within ${ms(generator.releaseLagP99Ms)} of their planned instant, and latency counts from that instant.`}</li>
  <li>${mark(generator.kernelTimestampRatio >= 0.999 ? true : null)} ${generator.kernelTimestampRatio >= 0.999 ? "Arrivals are stamped by the kernel: the generator's own delay is not in any event's age." : `${percent(1 - generator.kernelTimestampRatio)} of arrivals were stamped by the reader, since the kernel gave no stamp: up to the read lag is in their age.`}</li>
  <li>${mark(true)} Ages are true to ± ${microseconds(generator.clockErrorUs)}, the error of the clock offset.</li>
  ${generator.reasons.map((reason) => html`<li>${mark(false)} ${reason}</li>`)}
</ul>`;
}
