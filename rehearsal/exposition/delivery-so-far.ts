import type { EventClass, PhaseName } from "../../common/match-day.ts";
import type { PublishedEvent } from "../../common/records.ts";
import { cumulativeBuckets, WhenGrown } from "../../measurements/cumulative.ts";
import { tryParseKey } from "../../measurements/keys.ts";
import type { LiveFeed } from "../../measurements/live.ts";
import type { Delivery } from "../../verdict/contract.ts";
import { type Disorder, disorderFields, noDelivery } from "../../verdict/delivery.ts";
import { phaseAt } from "../../verdict/phases.ts";
import type { Plan } from "../../verdict/plan.ts";

interface Published {
  cell: string;
  atMs: number;
  deadlineMs: number;
  share: number;
}

/** Arrivals of one class of event, published in one phase. */
interface Arrivals {
  onTime: number;
  late: number;
}

/** What had arrived, by cell, when a second was over. */
interface Snapshot {
  atMs: number;
  /** Counted by the clients, event by event: exact. */
  late: number;
  cells: ReadonlyMap<string, Arrivals>;
}

interface Owed extends Arrivals {
  owed: number;
}

const noArrivals: Arrivals = { onTime: 0, late: 0 };
const cellOf = (eventClass: string, phase: PhaseName) => `${eventClass}@${phase}`;
const phaseOf = (cell: string) => cell.slice(cell.lastIndexOf("@") + 1) as PhaseName;

/**
 * Delivery while the run goes on, when no generator has said yet what became of each event. An event counts once its
 * deadline has passed: it is owed to the clients that were connected in the second before it. Its arrivals are those of
 * the age histograms, which are kept by class and by the phase of publishing; what has arrived of events whose deadline
 * is still to come is left out. Where it errs: of events published while the crowd arrives, as many are owed as came,
 * or as were connected a second before, if that is more; and of what arrives within a deadline after an outage, up to
 * the events of one deadline. The verdict, from the final records, does not err.
 */
export class DeliverySoFar {
  readonly #plan: Plan;
  readonly #live: LiveFeed;
  readonly #published: Published[] = [];
  readonly #snapshots: Snapshot[] = [];
  readonly #onTime = new WhenGrown<number>();
  readonly #cells = new Map<string, Owed>();
  readonly #disorder = new Map<PhaseName, Disorder>();
  #seen = -1;
  #late = 0;
  #total: Delivery = noDelivery;
  #told: Disorder = noDelivery;
  /** Up to here the ledger is known in full. */
  #ledgerToMs = Number.NEGATIVE_INFINITY;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan, live: LiveFeed) {
    this.#plan = plan;
    this.#live = live;
  }

  /** @param atMs when the ledger was read; what was published before the read that came before is in it for sure. */
  published(events: readonly PublishedEvent[], atMs: number): void {
    this.#ledgerToMs = this.#readAtMs;
    this.#readAtMs = atMs;
    const plan = this.#plan;
    for (const event of events) {
      const publishedAtMs = (event.publishedAtUs - (plan.startAtUs ?? 0)) / 1000;
      this.#published.push({
        cell: cellOf(event.class, phaseAt(plan.phases, publishedAtMs)),
        atMs: publishedAtMs,
        deadlineMs: plan.deadlinesMs[event.class] ?? 0,
        share: this.#shareOf(event.stream),
      });
    }
  }

  /** Slow readers are owed no single event. */
  #shareOf(stream: string): number {
    const { streams, slowReaders } = this.#plan.crowd;
    return (streams.find(({ id }) => id === stream)?.share ?? 0) * (1 - slowReaders.share);
  }

  /** Takes in what the feed has got since the last time. */
  update(): void {
    const second = this.#live.second(this.#live.latestComplete);
    if (second && second.index > this.#seen) {
      this.#seen = second.index;
      this.#snapshots.push({ atMs: second.toMs, late: second.counters.late, cells: this.#arrivals() });
      const sum = { ...(this.#disorder.get(second.phase) ?? noDelivery) };
      const told = { ...second.counters, notJudged: second.counters.notJudged ?? 0 };
      for (const field of disorderFields) sum[field] += told[field] - this.#told[field];
      this.#disorder.set(second.phase, sum);
      this.#told = told;
    }
    const snapshot = this.#snapshots.findLast(({ atMs }) => atMs <= this.#ledgerToMs);
    if (snapshot) this.#decide(snapshot);
    this.#total = this.#corrected(this.#sum(() => true));
  }

  #arrivals(): Map<string, Arrivals> {
    const cells = new Map<string, Arrivals>();
    for (const [text, histogram] of this.#live.byKey) {
      const { name, labels, phase } = tryParseKey(text) ?? {};
      if (name !== "event_age" || labels?.class === undefined || phase === undefined) continue;
      const deadlineMs = this.#plan.deadlinesMs[labels.class as EventClass];
      const count = histogram.totalCount;
      const onTime = this.#onTime.of(text, histogram, () =>
        deadlineMs === undefined ? count : cumulativeBuckets(histogram, [deadlineMs / 1000]).upTo[0]!,
      );
      cells.set(cellOf(labels.class, phase), { onTime, late: count - onTime });
    }
    return cells;
  }

  #decide({ atMs, late, cells }: Snapshot): void {
    this.#late = late;
    // Nobody is owed an event whose deadline is after the leave.
    const endMs = Math.min(atMs, this.#plan.crowd.leaveAtMs);
    const sums = new Map<string, { owed: number; pending: number; deadlineMs: number }>();
    for (const { cell, atMs: publishedAtMs, deadlineMs, share } of this.#published) {
      if (publishedAtMs > atMs) continue;
      const sum = sums.get(cell) ?? { owed: 0, pending: 0, deadlineMs };
      sums.set(cell, sum);
      const second = Math.floor(publishedAtMs / 1000);
      if (publishedAtMs + deadlineMs <= endMs) sum.owed += Math.floor(this.#connectedBy(second - 1) * share);
      else sum.pending += Math.ceil(this.#connectedBy(second) * share);
    }
    for (const [cell, { owed, pending, deadlineMs }] of sums) {
      const arrived = cells.get(cell) ?? noArrivals;
      const before = this.#snapshots.findLast((earlier) => earlier.atMs <= endMs - deadlineMs);
      const since = arrived.onTime - (before?.cells.get(cell)?.onTime ?? 0);
      const known = this.#cells.get(cell) ?? { owed: 0, onTime: 0, late: 0 };
      const onTime = Math.max(known.onTime, arrived.onTime - Math.min(pending, since));
      const owedNow = Math.max(known.owed, owed, onTime + arrived.late);
      this.#cells.set(cell, { owed: owedNow, onTime, late: arrived.late });
    }
  }

  /** Clients that had had a first stream when a second was over. */
  #connectedBy(index: number): number {
    return this.#live.second(index)?.counters.connected ?? 0;
  }

  get total(): Delivery {
    return this.#total;
  }

  /** A histogram's slot that the deadline falls into counts as on time; the clients know better. What was told stays. */
  #corrected(sum: Delivery): Delivery {
    const late = Math.min(this.#late, sum.late + sum.onTime);
    const onTime = Math.max(this.#total.onTime, sum.onTime - (late - sum.late));
    return { ...sum, onTime, late, ratio: sum.expected > 0 ? onTime / sum.expected : 1 };
  }

  over(phases: readonly PhaseName[]): Delivery {
    return this.#sum((phase) => phases.includes(phase));
  }

  #sum(isWanted: (phase: PhaseName) => boolean): Delivery {
    const delivery = { ...noDelivery };
    for (const [cell, { owed, onTime, late }] of this.#cells) {
      if (!isWanted(phaseOf(cell))) continue;
      delivery.expected += owed;
      delivery.onTime += onTime;
      delivery.late += late;
      delivery.lost += owed - onTime - late;
    }
    for (const [phase, counts] of this.#disorder) {
      if (!isWanted(phase)) continue;
      for (const field of disorderFields) delivery[field] += counts[field];
    }
    if (delivery.expected > 0) delivery.ratio = delivery.onTime / delivery.expected;
    return delivery;
  }
}
