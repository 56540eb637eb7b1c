import type { AdmissionsEntry } from "../presale/admissions.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import type { Group, Waiter } from "./waiter.ts";

/** A position is told each 50 s at least, and no heartbeat is wanted beside it. */
export const waitingGroup: Group = { spokeAtMs: Number.POSITIVE_INFINITY };
/** Whoever was let in, or sent home, is told nothing more. */
export const toldGroup: Group = { spokeAtMs: Number.NEGATIVE_INFINITY };

/**
 * The waiting room of one presale, as far as this edge knows it: where the queue stands, and who of those that wait is
 * here. All that must not be lost is in Redis.
 */
export class Room {
  readonly presale: OpenPresale;
  /** The presale as it stands in Redis. */
  readonly json: string;
  head = 0;
  perSecond = 0;
  /** When the queue stood so. */
  asOfUs: number;
  soldOutAtUs: number | undefined;
  /** Id of the last entry of `admissions` that is known here. */
  entry = "0-0";
  readonly #waiting = new Map<number, Waiter>();
  /** The highest ordinal that ever waited here. */
  last = 0;

  constructor(presale: OpenPresale, json: string, asOfUs: number) {
    this.presale = presale;
    this.json = json;
    this.asOfUs = asOfUs;
  }

  /** Takes in how the queue stands now. Telling those whom it concerns is for the caller. */
  apply({ id, atUs, head, perSecond, soldOut }: AdmissionsEntry): void {
    this.entry = id;
    this.asOfUs = atUs;
    this.head = head;
    if (soldOut) this.soldOutAtUs = atUs;
    else this.perSecond = perSecond;
  }

  /** Of an ordinal that waits: 1 is next. */
  positionOf(ordinal: number): number {
    return ordinal - this.head;
  }

  /** `null` while nobody is let in. */
  etaMsOf(position: number): number | null {
    return this.perSecond > 0 ? Math.round((position / this.perSecond) * 1000) : null;
  }

  add(waiter: Waiter): void {
    waiter.channel = waitingGroup;
    waiter.twin = this.#waiting.get(waiter.ordinal);
    this.#waiting.set(waiter.ordinal, waiter);
    this.last = Math.max(this.last, waiter.ordinal);
  }

  remove(waiter: Waiter): void {
    const { ordinal } = waiter;
    let newer = this.#waiting.get(ordinal);
    if (newer === waiter) {
      if (waiter.twin) this.#waiting.set(ordinal, waiter.twin);
      else this.#waiting.delete(ordinal);
    }
    while (newer && newer !== waiter) {
      if (newer.twin === waiter) newer.twin = waiter.twin;
      newer = newer.twin;
    }
  }

  /** The streams of one place; nearly always one. */
  *at(ordinal: number): Generator<Waiter> {
    for (let waiter = this.#waiting.get(ordinal); waiter; waiter = waiter.twin) yield waiter;
  }

  /** Takes the streams of one place out. */
  take(ordinal: number): Waiter[] {
    const waiters = [...this.at(ordinal)];
    this.#waiting.delete(ordinal);
    return waiters;
  }

  /** Places that wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  ordinals(): Iterable<number> {
    return this.#waiting.keys();
  }
}
