import type { EventClass, PhaseName } from "../common/match-day.ts";
import type { PublishedEvent } from "../common/records.ts";
import { owedTo } from "../measurements/owed.ts";
import type { GeneratorRecord, RunRecord } from "../measurements/run-record.ts";
import type { Delivery } from "./contract.ts";
import { phaseAt } from "./phases.ts";
import type { Plan } from "./plan.ts";

/** One published event, and what became of it; slow readers apart. */
export interface EventDelivery {
  stream: string;
  seq: number;
  class: EventClass;
  /** Published, since the start instant. */
  atMs: number;
  phase: PhaseName;
  /** From its publishing to its deadline. */
  owed: { fromMs: number; toMs: number };
  expected: number;
  onTime: number;
  late: number;
  lost: number;
  recovered: number;
}

/** Counted by the clients as they read; not tied to one event. */
export type Disorder = Pick<Delivery, (typeof disorderFields)[number]>;
export const disorderFields = ["duplicate", "reordered", "misdelivered", "notJudged"] as const;

/** What clients counted from one interval to the next. */
export interface DisorderStep extends Disorder {
  phase: PhaseName;
  fromMs: number;
  toMs: number;
}

export interface DeliveryResult {
  events: EventDelivery[];
  disorder: DisorderStep[];
  total: Delivery;
  /** Over several phases: that in which an event was published, or a disorder was read. */
  over(phases: readonly PhaseName[]): Delivery;
  /** Of some events, and what was read in some intervals. */
  where(isEvent: (event: EventDelivery) => boolean, isStep: (step: DisorderStep) => boolean): Delivery;
  /** Where ledger and clients contradict each other, so that neither can be trusted. */
  contradictions: string[];
}

/** From the ledger, what each client was owed, and what it counted. */
export function deliveryOf(plan: Plan, record: RunRecord, startAtUs: number): DeliveryResult {
  const { events, contradictions } = eventsOf(plan, record, startAtUs);
  const disorder = disorderSteps(plan, record.generators);
  const where: DeliveryResult["where"] = (isEvent, isStep) =>
    sumUp(events.filter(isEvent), disorder.filter(isStep));
  return {
    events,
    disorder,
    total: sumUp(events, disorder),
    over: (phases) =>
      where(
        ({ phase }) => phases.includes(phase),
        ({ phase }) => phases.includes(phase),
      ),
    where,
    contradictions,
  };
}

export const noDelivery: Readonly<Delivery> = {
  expected: 0,
  onTime: 0,
  late: 0,
  lost: 0,
  duplicate: 0,
  reordered: 0,
  misdelivered: 0,
  notJudged: 0,
  recovered: 0,
  ratio: 1,
};

function sumUp(events: readonly EventDelivery[], disorders: readonly Disorder[]): Delivery {
  const total = { ...noDelivery };
  for (const event of events) {
    for (const field of ["expected", "onTime", "late", "lost", "recovered"] as const)
      total[field] += event[field];
  }
  for (const counts of disorders) {
    for (const field of disorderFields) total[field] += counts[field];
  }
  if (total.expected > 0) total.ratio = total.onTime / total.expected;
  return total;
}

interface Counted {
  onTime: number;
  late: number;
  recovered: number;
  /** Came, at a time that cannot be: neither on time nor late, nor lost. */
  notJudged: number;
}

const notCounted: Readonly<Counted> = { onTime: 0, late: 0, recovered: 0, notJudged: 0 };

function eventsOf(plan: Plan, record: RunRecord, startAtUs: number) {
  const events: EventDelivery[] = [];
  const contradictions: string[] = [];
  const ledger = Map.groupBy(record.published, ({ stream }) => stream);
  const finals = record.generators.flatMap(({ final }) => (final ? [final] : []));
  const streams = new Set([...ledger.keys(), ...finals.flatMap((final) => Object.keys(final.streams))]);
  for (const stream of [...streams].sort()) {
    const parts = finals.flatMap((final) => final.streams[stream] ?? []);
    const cohorts = parts.flatMap((part) => part.cohorts);
    const counted = new Map<number, Counted>();
    for (const { seq, onTime, late, recovered, notJudged = 0 } of parts.flatMap(({ events }) => events)) {
      const sum = counted.get(seq) ?? notCounted;
      counted.set(seq, {
        onTime: sum.onTime + onTime,
        late: sum.late + late,
        recovered: sum.recovered + recovered,
        notJudged: sum.notJudged + notJudged,
      });
    }
    for (const published of firstOfEachSeq(ledger.get(stream) ?? [])) {
      const { onTime, late, recovered, notJudged } = counted.get(published.seq) ?? notCounted;
      counted.delete(published.seq);
      const atMs = (published.publishedAtUs - startAtUs) / 1000;
      const deadlineMs = plan.deadlinesMs[published.class] ?? 0;
      // Who leaves before the deadline may have got it, and is not owed it.
      const { owed, possible } = owedTo(cohorts, { seq: published.seq, atMs, deadlineMs });
      const delivered = onTime + late + notJudged;
      if (delivered > possible) {
        contradictions.push(
          `${delivered} first deliveries of ${stream} ${published.seq} are counted, and ${possible} clients could get it`,
        );
      }
      if (owed === 0) continue;
      events.push({
        stream,
        seq: published.seq,
        class: published.class,
        atMs,
        phase: phaseAt(plan.phases, atMs),
        owed: { fromMs: atMs, toMs: atMs + deadlineMs },
        expected: Math.max(owed, delivered) - notJudged,
        onTime,
        late,
        lost: Math.max(0, owed - delivered),
        recovered,
      });
    }
    const unknown = [...counted.keys()].sort((a, b) => a - b);
    if (unknown.length > 0) {
      contradictions.push(
        `clients count deliveries of ${stream} ${unknown.slice(0, 5).join(", ")}${unknown.length > 5 ? " …" : ""}, which the ledger does not hold`,
      );
    }
  }
  return { events: events.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq), contradictions };
}

function firstOfEachSeq(published: readonly PublishedEvent[]): PublishedEvent[] {
  const bySeq = new Map<number, PublishedEvent>();
  for (const event of published) if (!bySeq.has(event.seq)) bySeq.set(event.seq, event);
  return [...bySeq.values()];
}

/** The differences between one interval and the next; what came after the last belongs to its phase. */
function disorderSteps(plan: Plan, generators: readonly GeneratorRecord[]): DisorderStep[] {
  return generators.flatMap(({ intervals, final }) => {
    const last = intervals.at(-1);
    const rest = final && {
      phase: last?.phase ?? phaseAt(plan.phases, plan.durationMs),
      fromMs: last?.toMs ?? plan.durationMs,
      toMs: Math.max(last?.toMs ?? 0, plan.durationMs),
      counters: final.counters,
    };
    let before: Disorder = { duplicate: 0, reordered: 0, misdelivered: 0, notJudged: 0 };
    return [...intervals, ...(rest ? [rest] : [])].map(({ phase, fromMs, toMs, counters }) => {
      const told = { ...counters, notJudged: counters.notJudged ?? 0 };
      const grown = (field: keyof Disorder) => Math.max(0, told[field] - before[field]);
      const step = {
        ...{ phase, fromMs, toMs },
        duplicate: grown("duplicate"),
        reordered: grown("reordered"),
        misdelivered: grown("misdelivered"),
        notJudged: grown("notJudged"),
      };
      before = told;
      return step;
    });
  });
}
