import type { StreamEvent, StreamSnapshot } from "../../../common/match-day.ts";
import { StreamFold } from "../service/stream-fold.ts";
import { Audience } from "./audience.ts";
import { eventFrame, snapshotFrame } from "./frames.ts";
import { EventWindow } from "./window.ts";

/** One stream on this edge: its state, its newest events as frames, and who listens. */
export class MatchChannel {
  readonly stream: string;
  readonly window: EventWindow;
  readonly audience = new Audience();
  /** Up to where the fan-out has begun to write. */
  swept = 0;
  /** When it last had something for everybody, on this process's clock. */
  spokeAtMs = Number.NEGATIVE_INFINITY;
  #fold: StreamFold;
  readonly #head: Buffer;
  #opening: Buffer | undefined;
  #snapshot: Buffer | undefined;
  #stateBody: Buffer | undefined;

  constructor(stream: string, head: Buffer, windowCapacity: number) {
    this.stream = stream;
    this.#fold = new StreamFold(stream);
    this.#head = head;
    this.window = new EventWindow(windowCapacity);
  }

  get seq(): number {
    return this.#fold.seq;
  }

  /** Takes the next event; `known` when it is here already, `gap` when others are missing before it. */
  apply(event: StreamEvent, json: string): "applied" | "known" | "gap" {
    if (event.seq <= this.seq) return "known";
    if (event.seq !== this.seq + 1) return "gap";
    this.#fold.apply(event);
    this.window.push({ seq: event.seq, frame: eventFrame(event, json), to: event.to });
    this.#changed();
    return "applied";
  }

  /** Goes to a later state, when the events in between are not to be had; clients get it as a snapshot. */
  reset(snapshot: StreamSnapshot): void {
    this.#fold = StreamFold.from(snapshot);
    this.window.clear();
    this.#changed();
  }

  /** Fills the empty window with the events that led to the present state. */
  prefill(entries: { event: StreamEvent; json: string }[]): void {
    for (const { event, json } of entries) {
      if (event.seq <= this.seq)
        this.window.push({ seq: event.seq, frame: eventFrame(event, json), to: event.to });
    }
  }

  /** Whether a client that has `seq` can get the rest from memory. */
  covers(seq: number): boolean {
    if (seq === this.seq) return true;
    const from = this.window.resumesFrom;
    return from !== undefined && seq >= from && seq < this.seq;
  }

  /** The whole body of `GET …/state`. */
  get stateBody(): Buffer {
    this.#stateBody ??= Buffer.from(JSON.stringify(this.#fold.snapshot()));
    return this.#stateBody;
  }

  get snapshotBytes(): Buffer {
    this.#snapshot ??= snapshotFrame(this.#fold.snapshot());
    return this.#snapshot;
  }

  get headBytes(): Buffer {
    return this.#head;
  }

  /** Head and snapshot: all that a fresh client gets, in one write. */
  get openingBytes(): Buffer {
    this.#opening ??= Buffer.concat([this.#head, this.snapshotBytes]);
    return this.#opening;
  }

  #changed(): void {
    this.#opening = undefined;
    this.#snapshot = undefined;
    this.#stateBody = undefined;
  }
}
