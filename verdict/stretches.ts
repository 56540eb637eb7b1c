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
  /** Of those, the ones that are healed while another lasts: what is bad here may be of either. */
  unsure: readonly Disturbance[];
}

/** Of what is recorded in a span, what had waited for longer than `overMs` and for `upToMs` at most. */
export interface Band {
  overMs: number;
  upToMs: number;
  stretch: Stretch;
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
    return this.#of(planned, span, this.#touching(span));
  }

  /**
   * The same for samples that are recorded in a span, by how long each had waited: what was beyond its target before a fault began
   * is not that fault's, and what had waited since before a fault was healed is surely not another's alone.
   * @param targetMs the widest target of the measure
   */
  bands(planned: PhaseName, span: Span, targetMs: number): Band[] {
    const touching = this.#touching(span);
    const latest = (fault: Disturbance) => span.toMs - fault.fromMs + targetMs;
    const edges = touching.flatMap((fault) => [latest(fault), span.fromMs - fault.healedMs]);
    const cuts = [...new Set(edges.filter((ms) => ms > 0 && Number.isFinite(ms)))].sort((a, b) => a - b);
    return [...cuts, Number.POSITIVE_INFINITY].map((upToMs, index) => {
      const overMs = cuts[index - 1] ?? 0;
      const faults = touching.filter((fault) => overMs < latest(fault));
      const waitedThrough = faults.filter((fault) => overMs >= span.fromMs - fault.healedMs);
      return { overMs, upToMs, stretch: this.#of(planned, span, faults, waitedThrough) };
    });
  }

  #firstOf(span: Span): number {
    return Math.min(...this.#touching(span).map(({ fromMs }) => fromMs - 1));
  }

  #touching(span: Span): Disturbance[] {
    return this.#disturbances.filter((disturbance) => touches(disturbance, span));
  }

  /** @param waitedThrough the faults that what is meant surely waited through */
  #of(
    planned: PhaseName,
    span: Span,
    faults: readonly Disturbance[],
    waitedThrough: readonly Disturbance[] = [],
  ): Stretch {
    const allowing = faults.filter(
      (fault) => fault.allow !== undefined && allowedUntilMs(fault) > span.fromMs,
    );
    const lasting = faults.filter(({ healedMs }) => healedMs > span.fromMs);
    const unsure = allowing.filter(
      (fault) => lasting.length > 0 && !lasting.includes(fault) && !waitedThrough.includes(fault),
    );
    // What was late before the first of them began is of the time before it.
    const since = faults.length === 0 ? Math.min(span.fromMs, this.#firstOf(span)) : span.fromMs;
    return this.#stretch(this.#phaseOf(planned, { ...span, fromMs: since }, faults), {
      ...{ faults, allowing, unsure },
    });
  }

  /** What a fault disturbs is its own, whatever was planned; what it leaves alone is not. */
  #phaseOf(planned: PhaseName, { fromMs }: Span, faults: readonly Disturbance[]): PhaseName {
    if (faults.length > 0) return "fault";
    if (planned !== "fault" || this.#disturbances.length === 0) return planned;
    return fromMs < this.disturbedFromMs ? "baseline" : "recovery";
  }

  #stretch(phase: PhaseName, { faults, allowing, unsure }: Omit<Stretch, "key" | "phase">): Stretch {
    const key = [phase, ...[faults, allowing, unsure].map((of) => of.map(({ id }) => id).join())].join(" ");
    const known = this.#known.get(key) ?? { key, phase, faults, allowing, unsure };
    this.#known.set(key, known);
    return known;
  }
}
