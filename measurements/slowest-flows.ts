/** Which flows of a run are worth a look. Pure. */
import { type Flow, type FlowKind, flowsOf } from "./flows.ts";
import type { PlanLike } from "./plan-like.ts";
import type { RunRecord } from "./run-record.ts";
import { type SeriesFault, startOf, timelineFaults } from "./series-timeline.ts";

/** A flow on the run's clock. */
export interface PlacedFlow extends Flow {
  atMs: number;
  /** The faults that were on while it was under way. */
  faults: SeriesFault[];
}

export interface SlowestFlows {
  /** The slowest first. */
  groups: { kind: FlowKind; flows: PlacedFlow[]; of: number }[];
}

/** Of each kind, whatever they are called. */
const slowestOfKind = 3;
/** Of each kind, the slowest of each name: a goal is not hidden by a hundred odds. */
const mostOfKind = 8;
/** In all, those of the faults with them. */
const mostFlows = 20;

/** The slowest of each kind, of each name, and of each fault; `undefined` when nothing was traced. */
export function slowestFlows(plan: PlanLike, record: RunRecord): SlowestFlows | undefined {
  if (record.spans.length === 0) return undefined;
  const startAtUs = startOf(plan, record.journal);
  const faults = timelineFaults(plan.faults, record.journal, startAtUs);
  const flows = flowsOf(record.spans)
    .map((flow) => placed(flow, startAtUs, faults))
    .sort((a, b) => b.durationUs - a.durationUs);
  const kinds = (["event", "request"] as const).map((kind) => flows.filter((flow) => flow.kind === kind));
  const chosen = new Set(kinds.flatMap(slowestOf));
  for (const { id } of faults) {
    const met = flows.filter((flow) => flow.faults.some((fault) => fault.id === id));
    if (chosen.size < mostFlows && met[0] && !met.some((flow) => chosen.has(flow))) chosen.add(met[0]);
  }
  return {
    groups: kinds
      .filter((ofKind) => ofKind.length > 0)
      .map((ofKind) => ({
        kind: ofKind[0]!.kind,
        flows: ofKind.filter((flow) => chosen.has(flow)),
        of: ofKind.length,
      })),
  };
}

function placed(flow: Flow, startAtUs: number, faults: SeriesFault[]): PlacedFlow {
  const atMs = (flow.startUs - startAtUs) / 1000;
  const endMs = atMs + flow.durationUs / 1000;
  const met = faults.filter(
    ({ fromMs, toMs, state }) => state !== "planned" && fromMs < endMs && toMs > atMs,
  );
  return { ...flow, atMs, faults: met };
}

function slowestOf(sorted: PlacedFlow[]): PlacedFlow[] {
  const first = [...Map.groupBy(sorted, ({ name }) => name).values()].map(([slowest]) => slowest!);
  return [...new Set([...sorted.slice(0, slowestOfKind), ...first])].slice(0, mostOfKind);
}
