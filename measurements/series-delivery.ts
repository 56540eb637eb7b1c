import type { EventClass } from "../common/match-day.ts";
import type { PublishedEvent, StreamFinal } from "../common/records.ts";
import { owedTo } from "./owed.ts";
import type { GeneratorRecord } from "./run-record.ts";
import { addAt, type Column, emptyColumn, secondOf } from "./series-columns.ts";
import { sinceLast } from "./series-crowd.ts";

export interface DeliverySeries {
  /**
   * `publication`: each event counts in the second in which it was published, from the final records. `arrival`: there
   * are none yet, so that only what has arrived is known, in the second of its arrival.
   */
  basis: "publication" | "arrival";
  owed: Column;
  onTime: Column;
  late: Column;
  lost: Column;
  /** Generators without a final record: what their clients were owed is not in here. */
  generatorsMissing: number;
}

interface DeliveryClock {
  startAtUs: number;
  seconds: number;
  deadlinesMs: Partial<Record<EventClass, number>>;
}

export function deliverySeries(
  generators: GeneratorRecord[],
  published: PublishedEvent[],
  { startAtUs, seconds, deadlinesMs }: DeliveryClock,
): DeliverySeries {
  const finals = generators.flatMap(({ final }) => final ?? []);
  const series: DeliverySeries = {
    basis: finals.length > 0 ? "publication" : "arrival",
    owed: emptyColumn(seconds),
    onTime: emptyColumn(seconds),
    late: emptyColumn(seconds),
    lost: emptyColumn(seconds),
    generatorsMissing: generators.length - finals.length,
  };
  if (series.basis === "arrival") addArrivals(series, generators, seconds);
  else {
    const streams = Map.groupBy(published, ({ stream }) => stream);
    for (const final of finals) {
      for (const [stream, told] of Object.entries(final.streams)) {
        addStream(series, told, streams.get(stream) ?? [], { startAtUs, deadlinesMs });
      }
    }
  }
  return series;
}

function addStream(
  series: DeliverySeries,
  told: StreamFinal,
  published: PublishedEvent[],
  { startAtUs, deadlinesMs }: Omit<DeliveryClock, "seconds">,
): void {
  const arrived = new Map(told.events.map((event) => [event.seq, event]));
  for (const { seq, publishedAtUs, class: eventClass } of published) {
    const atMs = (publishedAtUs - startAtUs) / 1000;
    const second = Math.min(Math.max(0, Math.floor(atMs / 1000)), series.owed.length - 1);
    const { owed } = owedTo(told.cohorts, { seq, atMs, deadlineMs: deadlinesMs[eventClass] ?? 0 });
    // As the verdict counts: what nobody is owed any more, shortly before the leave, is no delivery.
    if (owed === 0) continue;
    const { onTime = 0, late = 0 } = arrived.get(seq) ?? {};
    addAt(series.owed, second, Math.max(owed, onTime + late));
    addAt(series.onTime, second, onTime);
    addAt(series.late, second, late);
    addAt(series.lost, second, Math.max(0, owed - onTime - late));
  }
}

function addArrivals(series: DeliverySeries, generators: GeneratorRecord[], seconds: number): void {
  for (const { intervals } of generators) {
    const inOrder = intervals.toSorted((a, b) => a.index - b.index);
    for (const [index, interval] of inOrder.entries()) {
      const second = secondOf(interval.fromMs, interval.toMs, seconds);
      addAt(series.onTime, second, sinceLast("onTime", interval, inOrder[index - 1]));
      addAt(series.late, second, sinceLast("late", interval, inOrder[index - 1]));
    }
  }
}
