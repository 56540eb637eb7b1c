import { nowUs } from "../../../common/clock.ts";
import { every } from "../../service-kit/every.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { deltasPage, lastDelta, readDeltas } from "../presale/deltas.ts";
import type { KnownPresale, Presales } from "../presale/presales.ts";
import { unlessAway } from "../presale/redis-away.ts";
import type { Availability } from "./availability.ts";
import type { HoldMetrics } from "./hold-metrics.ts";
import type { Pace } from "./pace.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Survey } from "./survey.ts";

/** An expired hold is given back within this, and a change is known to the cache. */
const turnMs = 100;
/** What is told of the last second. */
const surveyMs = 1000;

interface UpkeepOptions {
  redis: Pick<RedisLink, "call">;
  presales: Presales;
  availability: Availability;
  reconciler: Reconciler;
  survey: Survey;
  holdMetrics: HoldMetrics;
  pace: Pace;
}

/** What a box office does without being asked. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  /** The last delta that the cache knows of. */
  readonly #seen = new WeakMap<KnownPresale, number>();
  /** Presales that this worker reconciles. */
  readonly #mine = new Set<string>();
  #stops: (() => Promise<void>)[] = [];

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stops = [
      every(turnMs, "reconciling", () => this.#reconcile()),
      every(turnMs, "following seats", () => this.#follow()),
      every(surveyMs, "the survey of seats", () => this.#survey()),
      every(surveyMs, "telling the pace", () => this.#options.pace.tell()),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    const { reconciler } = this.#options;
    await Promise.all([...this.#mine].map((event) => reconciler.letGo(event).catch(() => {})));
  }

  async #reconcile(): Promise<void> {
    const { presales, reconciler, survey, holdMetrics } = this.#options;
    for (const { script } of presales.all()) {
      const done = await unlessAway(reconciler.reconcile(script.event, nowUs()));
      if (done === "away") return;
      if (done) {
        holdMetrics.reconciled(done);
        this.#mine.add(script.event);
      } else if (this.#mine.delete(script.event)) survey.forget(script.event);
    }
  }

  async #follow(): Promise<void> {
    const { redis, presales, availability } = this.#options;
    for (const presale of presales.all()) {
      const { event } = presale.script;
      const seen = this.#seen.get(presale);
      if (seen === undefined) {
        const last = await unlessAway(lastDelta(redis, event));
        if (last === "away") return;
        this.#seen.set(presale, last);
        availability.allChanged(event);
        continue;
      }
      const deltas = await unlessAway(readDeltas(redis, event, seen));
      if (deltas === "away") return;
      availability.changed(event, deltas);
      const last = deltas.at(-1);
      if (!last) continue;
      // A full page, or a gap: it is cheaper to count again than to read on.
      if (deltas.length === deltasPage || deltas[0]!.seq !== seen + 1) this.#seen.delete(presale);
      else this.#seen.set(presale, last.seq);
    }
  }

  async #survey(): Promise<void> {
    const { presales, survey } = this.#options;
    for (const presale of presales.all()) {
      if (!this.#mine.has(presale.script.event)) continue;
      if ((await unlessAway(survey.look(presale))) === "away") return;
    }
  }
}
