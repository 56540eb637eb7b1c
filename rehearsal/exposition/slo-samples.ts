import type { ErrorBudget, Objective, SloTerms } from "../../verdict/contract.ts";
import { budgetUsed } from "../../verdict/error-budget.ts";
import { type CountedInAll, type EventCount, eventsOfRun } from "../../verdict/event-counts.ts";
import type { Plan } from "../../verdict/plan.ts";
import { type Sample, sample, samplesIf } from "./sample.ts";

type Slo = Objective & { slo: SloTerms };
const isSlo = (objective: Objective): objective is Slo => objective.slo !== undefined;
/** What slices come to is known of whole ones. */
const countsEvents = ({ slo }: Slo) => slo.sliceMs === undefined;

/** Error budgets of a run so far: what is good in all that was counted, phases and allowances aside. */
export class SlosSoFar {
  readonly #plan: Plan;
  readonly #slos: readonly Slo[];
  /** Neither good ones nor all ever become fewer, so that Prometheus can tell their rates. */
  readonly #counted = new Map<string, { good: number; total: number }>();
  #used = new Map<string, number | null>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#slos = plan.budget.objectives.filter(isSlo);
  }

  /** @param elapsedMs since the start instant */
  update(counted: CountedInAll, elapsedMs: number): void {
    for (const objective of this.#slos.filter(countsEvents)) {
      const count = eventsOfRun(objective, counted);
      if (!count) continue;
      this.#count(objective.id, count);
      const used = budgetUsed(objective.slo, count, { plan: this.#plan, elapsedMs });
      this.#used.set(objective.id, used);
    }
  }

  verdict(errorBudgets: readonly ErrorBudget[]): void {
    this.#used = new Map(errorBudgets.map(({ id, used }) => [id, used]));
    const ids = new Set(this.#slos.filter(countsEvents).map(({ id }) => id));
    for (const budget of errorBudgets) if (ids.has(budget.id)) this.#count(budget.id, budget);
  }

  #count(id: string, { bad, total }: EventCount): void {
    const known = this.#counted.get(id) ?? { good: 0, total: 0 };
    const good = Math.max(known.good, total - bad);
    this.#counted.set(id, { good, total: Math.max(known.total, total) });
  }

  targetSamples(): Sample[] {
    return this.#slos.map(({ id, slo }) => sample(slo.target, { objective: id }));
  }

  samples(which: "good" | "total"): Sample[] {
    return [...this.#counted].map(([objective, counts]) => sample(counts[which], { objective }));
  }

  budgetUsedSamples(): Sample[] {
    return [...this.#used].flatMap(([objective, used]) => samplesIf(used, { objective }));
  }
}
