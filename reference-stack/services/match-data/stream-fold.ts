import type { StreamEvent, StreamSnapshot } from "../../../common/match-day.ts";
import { applyEvent, type MatchState } from "../../../common/match-state.ts";

/** The whole state of a stream as of a sequence number, kept by applying event after event. */
export class StreamFold {
  readonly stream: string;
  seq = 0;
  publishedAtUs = 0;
  #state: MatchState = [];
  #odds: StreamSnapshot["odds"] = null;

  constructor(stream: string) {
    this.stream = stream;
  }

  static from({ stream, seq, publishedAtUs, state, odds }: StreamSnapshot): StreamFold {
    const fold = new StreamFold(stream);
    fold.seq = seq;
    fold.publishedAtUs = publishedAtUs;
    fold.#state = state;
    fold.#odds = odds;
    return fold;
  }

  /** The next event. One that is meant for a single client takes a number, and is no part of what all see. */
  apply({ seq, publishedAtUs, sourceAtUs, to, event }: StreamEvent): void {
    this.seq = seq;
    this.publishedAtUs = publishedAtUs;
    if (to !== undefined) return;
    if (event.type === "ODDS") this.#odds = { sourceAtUs, odds: event };
    else this.#state = applyEvent(this.#state, event);
  }

  snapshot(): StreamSnapshot {
    return {
      v: 1,
      stream: this.stream,
      seq: this.seq,
      class: "snapshot",
      publishedAtUs: this.publishedAtUs,
      state: [...this.#state],
      odds: this.#odds,
    };
  }
}
