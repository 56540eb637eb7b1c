import type { Decision } from "../../../common/presale.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { seatCount } from "../presale/seat-of.ts";
import { type Control, decide, type Signals } from "./controller.ts";

/** Two hours and more of decisions; then the oldest go. */
const decisionsKept = 10_000;
/** Of Redis, which does nothing else meanwhile, and of Lua's `unpack`. */
const mostAtOnce = 2500;
/** What is let in is told as a rate over this. */
const rateWindowMs = 5000;

/** One presale as its controller sees it. Places are in Redis; what is lost with this process are decisions. */
export class PresaleRun {
  readonly presale: OpenPresale;
  readonly seats: number;
  readonly decisions: Decision[] = [];
  /** What was counted when it was last looked at. */
  counted: { conflicts: number; granted: number } | undefined;
  queue = 0;
  admitted = 0;
  seatsFree: number;
  conflictRate = 0;
  /** How many a second are let in now. */
  target: number;
  soldOutAtUs: number | undefined;
  /** Nobody is let in any more. */
  quiesced = false;
  saidAtMs = Number.NEGATIVE_INFINITY;
  #control: Control;
  #due = 0;
  #dueAtMs: number | undefined;
  #letIn: { atMs: number; count: number }[] = [];

  constructor(presale: OpenPresale) {
    this.presale = presale;
    this.seats = seatCount(presale.venue);
    this.seatsFree = this.seats;
    this.target = presale.admission.startPerSecond;
    this.#control = { perSecond: this.target, settledAtMs: Number.NEGATIVE_INFINITY };
  }

  /** Nobody is let in before. */
  get beginsAtUs(): number {
    return this.presale.openAtUs + this.presale.admission.fromMs * 1000;
  }

  /** Goes on at the rate of an earlier life, where that let anybody in. */
  resumeAt(perSecond: number): void {
    if (perSecond <= 0) return;
    const { minPerSecond, maxPerSecond } = this.presale.admission;
    this.target = Math.min(maxPerSecond, Math.max(minPerSecond, perSecond));
    this.#control.perSecond = this.target;
  }

  /** How many are to be let in now; fractions are kept for the next time, and of a long silence one second counts. */
  due(nowMs: number): number {
    const elapsedMs = Math.min(1000, nowMs - (this.#dueAtMs ?? nowMs));
    this.#dueAtMs = nowMs;
    this.#due += (this.target * elapsedMs) / 1000;
    const whole = Math.min(Math.floor(this.#due), mostAtOnce);
    this.#due -= whole;
    return whole;
  }

  letIn(count: number, nowMs: number): void {
    this.admitted += count;
    this.#letIn.push({ atMs: nowMs, count });
    this.#letIn = this.#letIn.filter(({ atMs }) => atMs > nowMs - rateWindowMs);
  }

  perSecond(nowMs: number): number {
    const recent = this.#letIn.filter(({ atMs }) => atMs > nowMs - rateWindowMs);
    return (recent.reduce((sum, { count }) => sum + count, 0) / rateWindowMs) * 1000;
  }

  /** Those since an instant, the oldest first. */
  decisionsAfter(us: number): Decision[] {
    const first = this.decisions.findLastIndex(({ atUs }) => atUs <= us) + 1;
    return this.decisions.slice(first);
  }

  /** @returns the decision, when its reason is another than before */
  decide(signals: Signals, nowMs: number, nowUs: number): Decision | undefined {
    const { target, reason, ...control } = decide(this.#control, signals, this.presale.admission, nowMs);
    this.#control = control;
    this.target = target;
    const perSecond = Math.round(target * 1000) / 1000;
    const conflictRate = Math.round(signals.conflictRate * 10_000) / 10_000;
    const before = this.decisions.at(-1)?.reason;
    this.decisions.push({ atUs: nowUs, perSecond, conflictRate, queue: signals.queue, reason });
    if (this.decisions.length > decisionsKept) this.decisions.shift();
    return before === reason ? undefined : this.decisions.at(-1);
  }
}
