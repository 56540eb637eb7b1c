import type { PublishedEvent } from "../../../common/records.ts";
import type { TakenEvent } from "./intake.ts";

/** What was published, in order of intake; kept whole, since it is what delivery is judged by. */
export class Ledger {
  readonly #entries: PublishedEvent[] = [];

  add({
    stream,
    seq,
    class: eventClass,
    sourceAtUs,
    publishedAtUs,
    event,
  }: TakenEvent | PublishedEvent): void {
    this.#entries.push({ stream, seq, class: eventClass, sourceAtUs, publishedAtUs, event });
  }

  /** The entries behind the first `after`, at most `limit` of them. */
  after(after: number, limit = 10_000): PublishedEvent[] {
    return this.#entries.slice(after, after + limit);
  }

  get length(): number {
    return this.#entries.length;
  }
}
