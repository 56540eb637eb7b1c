import { formatMs } from "../common/duration.ts";
import type { LiveFeed } from "../measurements/live.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { buildSeries, LatencyCache } from "../measurements/series.ts";
import type { LiveSource } from "../rehearsal/conductor.ts";
import { type LiveUpdate, type LiveVerdict, liveUpdate, renderHtml } from "../reports/html.ts";
import type { Plan } from "../verdict/plan.ts";

/** The report's page while the run goes on: drawn from what is in the run folder so far and from the merged feed. */
export class LivePage implements LiveSource {
  readonly #plan: Plan;
  readonly #soFar: () => Omit<RunRecord, "generators">;
  readonly #feed: LiveFeed;
  readonly #cache = new LatencyCache();

  constructor(plan: Plan, feed: LiveFeed, soFar: () => Omit<RunRecord, "generators">) {
    this.#plan = plan;
    this.#soFar = soFar;
    this.#feed = feed;
  }

  page(liveUrl: string): string {
    return renderHtml(this.#verdict(), this.#series(), { liveUrl });
  }

  data(): LiveUpdate {
    return liveUpdate(this.#verdict(), this.#series());
  }

  #series() {
    return buildSeries(this.#plan, { ...this.#soFar(), generators: this.#feed.generators() }, this.#cache);
  }

  #verdict(): LiveVerdict {
    const { run, scenario, system, stack, startedAt, durationMs, seed, command, machine } = this.#plan;
    return {
      verdict: "running",
      sentence: this.#sentence(),
      ...{ run, scenario, design: system.design, stack, durationMs, seed, command, machine },
      startedAt: startedAt ?? "",
    };
  }

  #sentence(): string {
    const second = this.#feed.second(this.#feed.latestComplete);
    if (!second) return "Running: the crowd is about to come.";
    const number = (value: number) => value.toLocaleString("en-US");
    const time = `${formatMs(second.toMs)} of ${formatMs(this.#plan.durationMs)}`;
    if (this.#plan.crowd.journeys) {
      const { journeysCompleted, journeysFailed } = second.counters;
      const failed = journeysFailed > 0 ? `, ${number(journeysFailed)} failed` : "";
      return `Running: ${second.phase}, ${number(journeysCompleted)} booked${failed}, ${number(second.underWay)} of ${number(second.planned)} clients under way, ${time}.`;
    }
    return `Running: ${second.phase}, ${number(second.open)} of ${number(second.planned)} clients open, ${time}.`;
  }
}
