export interface WindowEntry {
  seq: number;
  frame: Buffer;
  /** The one client that may get it. */
  to: number | undefined;
}

/** Frames of `entries`, in one buffer, without those that are meant for another client. */
export function framesFor(client: number | undefined, entries: WindowEntry[]): Buffer {
  const frames: Buffer[] = [];
  for (const { frame, to } of entries) if (to === undefined || to === client) frames.push(frame);
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** The newest events of a stream, without a gap: what a client is resumed from in memory. */
export class EventWindow {
  readonly capacity: number;
  #entries: WindowEntry[] = [];
  /** Many clients resume from the same event after a crash: the bytes are made once for each number. */
  readonly #shared = new Map<number, Buffer>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** A client that has this number or a later one can be resumed from here; `undefined` when it is empty. */
  get resumesFrom(): number | undefined {
    return this.#entries[0] && this.#entries[0].seq - 1;
  }

  push(entry: WindowEntry): void {
    this.#shared.clear();
    this.#entries.push(entry);
    // Twice the capacity, then half is dropped: the cost of each event stays constant.
    if (this.#entries.length > 2 * this.capacity) this.#entries = this.#entries.slice(-this.capacity);
  }

  clear(): void {
    this.#shared.clear();
    this.#entries = [];
  }

  /** Entries after `after`, up to and including `upTo`; they must be covered. */
  between(after: number, upTo = Number.POSITIVE_INFINITY): WindowEntry[] {
    const first = this.#entries[0]?.seq ?? 1;
    return this.#entries.slice(Math.max(0, after + 1 - first), Math.max(0, upTo + 1 - first));
  }

  /** All frames after `after` for one client. */
  bytesAfter(after: number, client: number | undefined): Buffer {
    const shared = this.#shared.get(after);
    if (shared) return shared;
    const entries = this.between(after);
    const bytes = framesFor(client, entries);
    if (entries.every(({ to }) => to === undefined)) this.#shared.set(after, bytes);
    return bytes;
  }
}
