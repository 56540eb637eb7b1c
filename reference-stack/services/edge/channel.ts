import type { StreamEvent, StreamSnapshot } from "../../../common/match-day.ts";
import { Channel } from "../../edge-kit/channel.ts";
import { frame } from "../../edge-kit/frames.ts";
import { StreamFold } from "../match-data/stream-fold.ts";

/** One match on this edge: its state, its newest events as frames, and who listens. */
export class MatchChannel extends Channel {
  #fold: StreamFold;
  #stateBody: Buffer | undefined;

  constructor(stream: string, head: Buffer, windowCapacity: number) {
    super(stream, head, windowCapacity);
    this.#fold = new StreamFold(stream);
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
    this.changed();
    return "applied";
  }

  /** Goes to a later state, when the events in between are not to be had; clients get it as a snapshot. */
  reset(snapshot: StreamSnapshot): void {
    this.#fold = StreamFold.from(snapshot);
    this.window.clear();
    this.changed();
  }

  /** Fills the empty window with the events that led to the present state. */
  prefill(entries: { event: StreamEvent; json: string }[]): void {
    for (const { event, json } of entries) {
      if (event.seq <= this.seq)
        this.window.push({ seq: event.seq, frame: eventFrame(event, json), to: event.to });
    }
  }

  /** The whole body of `GET …/state`. */
  get stateBody(): Buffer {
    this.#stateBody ??= Buffer.from(this.snapshot());
    return this.#stateBody;
  }

  protected override snapshot(): string {
    return JSON.stringify(this.#fold.snapshot());
  }

  protected override changed(): void {
    super.changed();
    this.#stateBody = undefined;
  }
}

/** @param json of the event as it came from Redis: one line, and not made again here */
export const eventFrame = ({ seq, class: event }: Pick<StreamEvent, "seq" | "class">, json: string): Buffer =>
  frame({ id: seq, event, data: json });
