import type { PhaseName } from "../common/match-day.ts";
import { allowedUntilMs, type Disturbance, touches } from "./disturbances.ts";

/** A part of the run that is judged as one: of one phase, with the same faults, and the same of them allowed something. */
export interface Stretch {
  key: string;
  /** `fault` is from the injection of a fault until the run is steady again. */
  phase: PhaseName;
  /** That disturb it. */
  faults: readonly Disturbance[];
  /** Of these, the ones whose allowance holds. */
  allowing: readonly Disturbance[];
}

export interface Span {
  fromMs: number;
  toMs: number;
}

/** Tells of each instant of a run which stretch it belongs to. */
export class Stretches {
  readonly #disturbances: readonly Disturbance[];
  readonly #known = new Map<string, Stretch>();

  constructor(disturbances: readonly Disturbance[]) {
    this.#disturbances = disturbances;
  }

  /** From when on stretches differ from what was planned; Infinity: nowhere. */
  get disturbedFromMs(): number {
    return Math.min(...this.#disturbances.map(({ fromMs }) => fromMs));
  }

  /** @param planned the phase that was planned for what happened in the span. */
  of(planned: PhaseName, span: Span): Stretch {
    const faults = this.#disturbances.filter((disturbance) => touches(disturbance, span));
    const allowing = faults.filter(
      (fault) => fault.allow !== undefined && allowedUntilMs(fault) > span.fromMs,
    );
    return this.#stretch(this.#phaseOf(planned, span, faults), faults, allowing);
  }

  /**
   * Of a second in which the first of its faults begins: what is due before that, and how long before the second's end that is.
   * What had waited for longer when it was recorded was late already when the fault began.
   */
  before(span: Span): { ofMs: number; stretchOf(planned: PhaseName): Stretch } | undefined {
    const fromMs = Math.min(
      ...this.#disturbances.filter((disturbance) => touches(disturbance, span)).map((fault) => fault.fromMs),
    );
    if (fromMs <= span.fromMs || fromMs >= span.toMs) return undefined;
    return {
      ofMs: span.toMs - fromMs,
      stretchOf: (planned) => this.of(planned, { fromMs: span.fromMs, toMs: fromMs }),
    };
  }

  /** What a fault disturbs is its own, whatever was planned; what it leaves alone is not. */
  #phaseOf(planned: PhaseName, { fromMs }: Span, faults: readonly Disturbance[]): PhaseName {
    if (faults.length > 0) return "fault";
    if (planned !== "fault" || this.#disturbances.length === 0) return planned;
    return fromMs < this.disturbedFromMs ? "baseline" : "recovery";
  }

  #stretch(phase: PhaseName, faults: readonly Disturbance[], allowing: readonly Disturbance[]): Stretch {
    const ids = (of: readonly Disturbance[]) => of.map(({ id }) => id).join();
    const key = `${phase} ${ids(faults)} ${ids(allowing)}`;
    const known = this.#known.get(key) ?? { key, phase, faults, allowing };
    this.#known.set(key, known);
    return known;
  }
}
