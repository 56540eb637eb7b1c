import type { FeedMessage } from "../../../common/match-day.ts";
import type { PublishedEvent } from "../../../common/records.ts";
import type { EventTrace } from "./event-trace.ts";

/** A message that was taken in: what goes to the table, to Redis and to the ledger. */
export interface TakenEvent extends PublishedEvent {
  feedN: number;
  source: string;
  version: number;
  /** Only while it is in memory, and only of a sampled event. */
  trace?: EventTrace;
}

/** Where ingestion stands: the vendor's cursor, and the last sequence number of each stream. */
export interface Standing {
  feedN: number;
  seqs: Map<string, number>;
}

/** Gives every new message the next number of its stream, and the instant at which it was taken in. */
export class Intake {
  #feedN: number;
  readonly #seqs: Map<string, number>;
  readonly #nowUs: () => number;

  constructor({ feedN, seqs }: Standing, nowUs: () => number) {
    this.#feedN = feedN;
    this.#seqs = new Map(seqs);
    this.#nowUs = nowUs;
  }

  /** The number of the last message taken in: where the feed is followed from. */
  get cursor(): number {
    return this.#feedN;
  }

  /**
   * @returns `duplicate` for what is known already, `gap` for what does not follow on (nothing is taken in: follow
   * again from the cursor)
   */
  take(message: FeedMessage): TakenEvent | "duplicate" | "gap" {
    if (message.n <= this.#feedN) return "duplicate";
    if (message.n !== this.#feedN + 1) return "gap";
    this.#feedN = message.n;
    const seq = (this.#seqs.get(message.stream) ?? 0) + 1;
    this.#seqs.set(message.stream, seq);
    return {
      stream: message.stream,
      seq,
      class: message.class,
      sourceAtUs: message.sourceAtUs,
      publishedAtUs: this.#nowUs(),
      event: message.event,
      feedN: message.n,
      source: message.source,
      version: message.version,
    };
  }

  /** Goes past a message that makes no sense, so that it does not hold up those behind it. */
  skip(n: number): void {
    if (n === this.#feedN + 1) this.#feedN = n;
  }
}
