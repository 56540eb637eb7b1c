import type { PhaseName } from "../../common/match-day.ts";
import type { JournalEntry } from "../../common/records.ts";
import type { LiveFeed } from "../../measurements/live.ts";
import { allowanceOf, type Disturbance } from "../../verdict/disturbances.ts";
import { type JudgedParts, StretchSamples } from "../../verdict/judged-parts.ts";
import type { Plan } from "../../verdict/plan.ts";
import { type Stretch, Stretches } from "../../verdict/stretches.ts";
import type { DeliverySoFar } from "./delivery-so-far.ts";

/**
 * What was observed so far, by the stretches that are judged as one. When the run is steady again is known in the end: until
 * then a fault is taken to last through the recovery that was planned. What it is allowed ends in time all the same.
 *
 * Samples are told apart by the second; deliveries by the phase only, and are held to all that faults are allowed
 * in it.
 */
export class PartsSoFar {
  readonly #plan: Plan;
  readonly #delivery: DeliverySoFar;
  readonly #samples = new StretchSamples();
  readonly #disturbances: Disturbance[];
  #stretches: Stretches;

  constructor(plan: Plan, live: LiveFeed, delivery: DeliverySoFar) {
    this.#plan = plan;
    this.#delivery = delivery;
    const { faults, budget } = plan;
    this.#disturbances = faults.map((fault) => ({
      ...{ id: fault.id, kind: fault.kind, band: fault.band ?? fault.id },
      // Not yet: what is before the injection is the baseline's.
      ...{
        fromMs: Number.POSITIVE_INFINITY,
        healedMs: Number.POSITIVE_INFINITY,
        toMs: Number.POSITIVE_INFINITY,
      },
      allow: allowanceOf(fault, budget.allowances ?? []),
    }));
    this.#stretches = new Stretches(this.#disturbances);
    live.onSecond((second, histograms) =>
      this.#samples.add(histograms, (planned) => this.#stretches.of(planned, second)),
    );
  }

  fault({ id, state }: Extract<JournalEntry, { type: "fault" }>, atMs: number): void {
    const disturbance = this.#disturbances.find((candidate) => candidate.id === id);
    if (!disturbance) return;
    if (state === "injected") disturbance.fromMs = atMs;
    if (state === "healed") {
      const recovery = this.#plan.phases.find(({ name }) => name === "recovery");
      disturbance.healedMs = atMs;
      disturbance.toMs = Math.max(atMs, recovery?.toMs ?? atMs);
    }
    this.#stretches = new Stretches(this.#disturbances);
  }

  parts(): JudgedParts {
    const measures = this.#samples.measures();
    const phases = new Map<string, PhaseName[]>();
    const stretches = new Map(this.#samples.stretches);
    for (const { name, ...span } of this.#plan.phases) {
      const stretch = this.#stretches.of(name, span);
      phases.set(stretch.key, [...(phases.get(stretch.key) ?? []), name]);
      stretches.set(stretch.key, stretch);
    }
    const keysOf = (wanted: readonly Stretch[]) => wanted.map(({ key }) => key);
    return {
      stretches: [...stretches.values()],
      histogram: (measure, wanted) => measures.histogram(measure, keysOf(wanted)),
      delivery: (wanted) => this.#delivery.over(keysOf(wanted).flatMap((key) => phases.get(key) ?? [])),
    };
  }
}
