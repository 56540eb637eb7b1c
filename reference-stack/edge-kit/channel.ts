import { Audience } from "./audience.ts";
import { frame } from "./frames.ts";
import { EventWindow } from "./window.ts";

/** What all who listen to it hear: a state, and each change to it, numbered without a gap. */
export abstract class Channel {
  readonly name: string;
  /** The newest changes, as frames. */
  readonly window: EventWindow;
  readonly audience = new Audience();
  /** Up to where the fan-out has begun to write. */
  swept = 0;
  /** When it last had something for everybody, on this process's clock. */
  spokeAtMs = Number.NEGATIVE_INFINITY;
  readonly headBytes: Buffer;
  #opening: Buffer | undefined;
  #snapshot: Buffer | undefined;

  /** @param head of every stream of it */
  constructor(name: string, head: Buffer, windowCapacity: number) {
    this.name = name;
    this.headBytes = head;
    this.window = new EventWindow(windowCapacity);
  }

  /** Of the last change that is in the state. */
  abstract get seq(): number;

  /** The whole state, as one line. */
  protected abstract snapshot(): string;

  /** Whether a client that has `seq` can get the rest from memory. */
  covers(seq: number): boolean {
    if (seq === this.seq) return true;
    const from = this.window.resumesFrom;
    return from !== undefined && seq >= from && seq < this.seq;
  }

  get snapshotBytes(): Buffer {
    this.#snapshot ??= frame({ id: this.seq, event: "snapshot", data: this.snapshot() });
    return this.#snapshot;
  }

  /** Head and snapshot: all that a fresh client gets, in one write. */
  get openingBytes(): Buffer {
    this.#opening ??= Buffer.concat([this.headBytes, this.snapshotBytes]);
    return this.#opening;
  }

  /** Its state is another now. */
  protected changed(): void {
    this.#opening = undefined;
    this.#snapshot = undefined;
  }
}
