import { parseTraceparent, type TraceContext } from "../../common/trace-context.ts";

/**
 * Decides once, before anything is made for a span: a flow that comes from elsewhere is recorded where its sender says
 * so, and of those that begin here, a share is.
 */
export class Sampler {
  readonly #share: number;
  readonly #random: () => number;

  constructor(share: number, random: () => number = Math.random) {
    this.#share = share;
    this.#random = random;
  }

  /** @returns the parent of a span that is to be recorded, `root` when it has none; `undefined` when it is not */
  decide(traceparent: string | undefined): TraceContext | "root" | undefined {
    const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
    if (parent) return parent.sampled ? parent : undefined;
    return this.#share > 0 && this.#random() < this.#share ? "root" : undefined;
  }
}
