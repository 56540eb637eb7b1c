import type { Histogram } from "hdr-histogram-js";
import { countBeyond } from "../measurements/histograms.ts";
import type { Objective, Verdict } from "./contract.ts";
import type { DeliveryResult } from "./delivery.ts";
import { eventShareOf } from "./event-shares.ts";
import type { Evidence } from "./evidence.ts";
import { exact, isDeliveryShare, type MeasureSpec, partOf } from "./measure-spec.ts";
import { holds, specOf } from "./objectives.ts";

/** Events that an SLO is about, and how many of them were bad. */
export interface EventCount {
  bad: number;
  total: number;
}

export type Counted = Pick<
  Evidence,
  "plan" | "seconds" | "measures" | "delivery" | "clients" | "shares" | "latencies"
>;

/** What is counted of a whole run, or of one that is still going on. */
export interface CountedInAll extends Pick<Evidence, "measures" | "shares"> {
  delivery: Pick<DeliveryResult, "total">;
  clients: Pick<Verdict["clients"], "planned" | "connected">;
}

/** Of the whole run; `undefined` where there were none, or the objective is about nothing that is good or bad. */
export function eventsOfRun(objective: Objective, evidence: CountedInAll): EventCount | undefined {
  const spec = specOf(objective);
  const count = countOf(objective, spec, evidence);
  return count && count.total > 0 ? count : undefined;
}

function countOf(objective: Objective, spec: MeasureSpec, evidence: CountedInAll): EventCount | undefined {
  switch (spec.kind) {
    case "latency": {
      const histogram = evidence.measures.histogram(spec.measure);
      return histogram && countBad(histogram, thresholdOf(objective));
    }
    case "delivery": {
      const { total } = evidence.delivery;
      return isDeliveryShare(spec.field)
        ? split(objective.measure, partOf(spec.field, total), total.expected)
        : undefined;
    }
    case "clients":
      return split(objective.measure, evidence.clients.connected, evidence.clients.planned);
    case "share": {
      const share = evidence.shares[spec.name];
      return share && split(objective.measure, share.part, share.whole);
    }
  }
}

/**
 * By second (its index). A sample belongs to the second in which it was recorded, a delivery to the one in which its event was
 * published. `undefined`: what the objective is about is known for the whole run only.
 */
export function eventsBySecond(objective: Objective, evidence: Counted): Map<number, EventCount> | undefined {
  const spec = specOf(objective);
  if (spec.kind === "latency") return evidence.latencies.of(objective);
  if (spec.kind !== "delivery" || !isDeliveryShare(spec.field)) return undefined;
  const counts = new Map<number, EventCount>();
  for (const event of evidence.delivery.events) {
    const { bad, total } = split(objective.measure, partOf(spec.field, event), event.expected)!;
    addTo(counts, Math.floor(event.atMs / 1000), { bad, total });
  }
  return counts;
}

export function addTo(counts: Map<number, EventCount>, index: number, { bad, total }: EventCount): void {
  const known = counts.get(index);
  if (!known) counts.set(index, { bad, total });
  else {
    known.bad += bad;
    known.total += total;
  }
}

/** Of a share, which counts either what is good or what is bad. */
function split(measure: string, part: number, total: number): EventCount | undefined {
  const share = eventShareOf(measure);
  return share && { bad: share.counts === "bad" ? part : total - part, total };
}

type Threshold = Pick<Objective, "op"> & { value: number };

/** What makes a sample of a latency good. */
export function thresholdOf({ op, target, slo }: Pick<Objective, "op" | "target" | "slo">): Threshold {
  return slo?.threshold ?? { op, value: target };
}

export function countBad(histogram: Histogram, { op, value }: Threshold): EventCount {
  const total = histogram.totalCount;
  const isUpper = op === "lt" || op === "lte";
  const bad = isUpper
    ? countBeyond(histogram, (ms) => !holds(ms, op, value))
    : total - countBeyond(histogram, (ms) => holds(ms, op, value));
  return { bad, total };
}

/** What an objective asks of its measure itself: of slices, what one of them has to reach. */
export function indicatorOf(objective: Objective): Objective {
  const { slo, measure } = objective;
  if (slo?.sliceMs === undefined) return objective;
  if (slo.threshold) return { ...objective, op: slo.threshold.op, target: slo.threshold.value, unit: "ms" };
  const share = slo.sliceTarget ?? slo.target;
  return eventShareOf(measure)?.counts === "bad"
    ? { ...objective, op: "lte", target: exact(1 - share) }
    : { ...objective, op: "gte", target: share };
}
