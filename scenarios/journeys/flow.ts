import type { Journey, JourneyStep } from "../../common/journey.ts";
import { waysOf } from "./uses.ts";

/** Which steps can come after which, in whatever number of steps. */
export class Flow {
  readonly #steps: JourneyStep[];
  readonly #after: Set<number>[];

  constructor({ steps }: Journey) {
    this.#steps = steps;
    const at = new Map(steps.map(({ name }, index) => [name, index]));
    const next = steps.map((step, index) =>
      waysOf(step).flatMap(({ to }) => {
        if (to === "next") return index + 1 < steps.length ? [index + 1] : [];
        return "step" in to && at.has(to.step) ? [at.get(to.step)!] : [];
      }),
    );
    this.#after = steps.map((_, from) => {
      const reached = new Set<number>();
      const follow = (index: number): void => {
        for (const to of next[index]!) {
          if (reached.has(to)) continue;
          reached.add(to);
          follow(to);
        }
      };
      follow(from);
      return reached;
    });
  }

  /** Some way leads from the first step to it. */
  reached(step: number): boolean {
    return step === 0 || this.#after[0]!.has(step);
  }

  /**
   * What `one` captures can be there when `step` is due. The events of a stream come at any time after it was opened, and it
   * is opened again with what was captured since.
   */
  gives(one: number, step: number): boolean {
    if (this.#after[one]!.has(step)) return true;
    return this.#steps[step]!.do === "stream" && (one === step || this.#after[step]!.has(one));
  }

  /** Steps that open a stream before it. */
  streamsBefore(step: number): number[] {
    return this.#steps.flatMap(({ do: what }, index) =>
      what === "stream" && this.#after[index]!.has(step) ? [index] : [],
    );
  }

  /** It can lead back to itself by ways that take no time. */
  endless(step: number): boolean {
    return this.#steps[step]!.do === "branch" && this.#byBranchesAlone(step).has(step);
  }

  #byBranchesAlone(from: number): Set<number> {
    const reached = new Set<number>();
    const names = new Map(this.#steps.map(({ name }, index) => [name, index]));
    const follow = (index: number): void => {
      for (const { to } of waysOf(this.#steps[index]!)) {
        const target = to === "next" ? index + 1 : "step" in to ? names.get(to.step) : undefined;
        if (target === undefined || reached.has(target)) continue;
        reached.add(target);
        if (this.#steps[target]?.do === "branch") follow(target);
      }
    };
    follow(from);
    return reached;
  }
}
