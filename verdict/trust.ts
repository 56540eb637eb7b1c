import { formatMs } from "../common/duration.ts";
import type { Verdict } from "./contract.ts";
import { crowdCounts } from "./crowd-counts.ts";
import { indicatorOf } from "./event-counts.ts";
import type { Evidence } from "./evidence.ts";
import { parseMeasureSpec } from "./measure-spec.ts";
import { missingData } from "./missing-data.ts";
import { ownLimits } from "./own-limits.ts";
import { endsOf } from "./shares.ts";
import { Starvation } from "./starvation.ts";
import { countOf, formatCount, formatRatio } from "./words.ts";

/** Why a run cannot be trusted, and what would cure it. */
export interface Reason {
  fact: string;
  cure: string;
}

export interface Trust {
  /** Any of them makes the verdict unknown, whatever was measured. */
  reasons: Reason[];
  /** What was planned and did not happen: a failure stands, a pass does not. */
  notExercised: Reason[];
  starvation: Starvation;
  generator: Omit<Verdict["generator"], "reasons">;
}

/** Release lag p99 may be this share of the arrival window, */
const releaseLagShare = 0.1;
/** but a step, or a window of nothing, is not held to less than this. */
const leastReleaseLagMs = 10;
/** Of the quote samples; more than this, and the oldest quotes may be those that were not looked at. */
const skippedSamplesShare = 0.01;
/** Of the smallest target of an age: an error above it could turn the verdict. */
const clockErrorShare = 0.1;

/** Of all events; what more of them could say might turn the verdict. */
const notJudgedShare = 0.001;

const savedAs = "take the folder from where it was saved, or run it again";
const sayAll = "see the vendor's and scores' logs in the run folder: a loss there is a loss for everybody";
const fewer = "use fewer clients, or a second machine for the generators";

export function trustOf(evidence: Evidence): Trust {
  const generator = generatorOf(evidence);
  const starvation = new Starvation(
    evidence.seconds,
    evidence.record,
    evidence.startAtUs,
    generator.kernelTimestampRatio,
  );
  const offered = load(evidence);
  generator.saturated = starvation.saturated || offered.length > 0;
  const reasons = [
    ...ending(evidence),
    ...missingData(evidence),
    ...(evidence.plan.startAtUs === undefined ? [] : crowdCounts(evidence)),
    ...offered,
    ...connectionsDropped(evidence),
    ...ownLimits(evidence),
    ...instrument(evidence, generator),
    ...evidence.delivery.contradictions.map((fact) => ({
      fact: `ledger and clients contradict each other: ${fact}`,
      cure: "keep the run folder, and report it: this is a defect of the harness or of what writes the ledger",
    })),
  ];
  const feed = evidence.system.feedDifferences?.(evidence) ?? { missing: [], impossible: [] };
  reasons.push(
    ...feed.impossible.map((fact) => ({ fact: `the ledger contradicts the plan: ${fact}`, cure: savedAs })),
  );
  const unsaid = feed.missing.map((fact) => ({ fact: `not all was exercised: ${fact}`, cure: sayAll }));
  return { reasons, notExercised: [...notExercised(evidence), ...unsaid], starvation, generator };
}

/** A run that did not come to its end was not the run that was planned. */
function ending({ plan, record, faults }: Evidence): Reason[] {
  const reasons: Reason[] = [];
  const last = record.journal.findLast(
    (entry) => entry.type === "run" && (entry.state === "interrupted" || entry.state === "failed"),
  );
  const error = record.journal.findLast((entry) => entry.type === "error");
  if (plan.startAtUs === undefined) {
    reasons.push({
      fact: `the run never started${error?.type === "error" ? `: ${error.fact}` : ""}`,
      cure: "see what matchday doctor says, and run again",
    });
  } else if (last?.type === "run") {
    const detail = last.detail ?? (error?.type === "error" ? error.fact : undefined);
    const how = `the run ${last.state === "interrupted" ? "was interrupted" : "failed"}`;
    reasons.push({
      fact: detail === undefined || detail.startsWith(how) ? (detail ?? how) : `${how}: ${detail}`,
      cure: last.state === "interrupted" ? "let it run to its end" : "cure what failed, and run again",
    });
  } else if (!record.journal.some((entry) => entry.type === "run" && entry.state === "ended")) {
    reasons.push({
      fact: "the run did not come to its end: its journal does not tell of it",
      cure: "let it run to its end; or take the folder from where it was saved",
    });
  }
  for (const { planned, begun, injected, failure, contradiction } of faults) {
    if (contradiction !== undefined) {
      reasons.push({
        fact: `the journal contradicts itself: fault ${planned.id} ${contradiction}`,
        cure: savedAs,
      });
    } else if (begun && !injected) {
      // What broke may be its doing, and it was not the fault that was planned.
      reasons.push({
        fact: `fault ${planned.id} was injected half-way${failure ? `: ${failure}` : ""}`,
        cure: "check its target with matchday chaos check FILE, and run again",
      });
    }
  }
  return reasons;
}

/** The load was offered as planned. */
function load({ plan, record, measures, clients }: Evidence): Reason[] {
  const reasons: Reason[] = [];
  const { withinMs } = plan.crowd.arrivals;
  const limitMs = Math.max(leastReleaseLagMs, withinMs * releaseLagShare);
  if (clients.releaseLagP99Ms > limitMs) {
    reasons.push({
      fact: `the load was not offered as planned: release lag p99 was ${formatMs(clients.releaseLagP99Ms)}, above ${formatMs(limitMs)}, a tenth of the arrival window`,
      cure: fewer,
    });
  }
  const skipped = record.generators.reduce((sum, { final }) => sum + (final?.skipped ?? 0), 0);
  if (skipped > 0) {
    reasons.push({
      fact: `${countOf(skipped, "client was", "clients were")} never released`,
      cure: fewer,
    });
  }
  const samplesSkipped = record.generators.reduce(
    (sum, { intervals }) => sum + Math.max(0, ...intervals.map(({ self }) => self.quoteSamplesSkipped)),
    0,
  );
  const samplesTaken = measures.summary("stale_odds_age")?.count ?? 0;
  const share = samplesSkipped / Math.max(1, samplesSkipped + samplesTaken);
  if (share > skippedSamplesShare) {
    reasons.push({
      fact: `${formatRatio(share, "bad")} of the quote samples (${formatCount(samplesSkipped)}) were not taken in time`,
      cure: fewer,
    });
  }
  return reasons;
}

/** The kernel of this machine, not the stack, kept clients out. */
function connectionsDropped({ record }: Evidence): Reason[] {
  const full = record.journal.flatMap((entry) => {
    if (entry.type !== "machine" || !entry.connectionTable) return [];
    const { max, used } = entry.connectionTable;
    return used >= max ? [max] : [];
  });
  if (full.length === 0) return [];
  return [
    {
      fact: `the kernel's table of connections (nf_conntrack) was full for ${countOf(full.length, "second")}: connections were dropped before they reached the stack`,
      cure: `use fewer clients, or sudo sysctl -w net.netfilter.nf_conntrack_max=${4 * full[0]!}`,
    },
  ];
}

/** The instrument can tell what it is asked. */
function instrument({ plan }: Evidence, generator: Trust["generator"]): Reason[] {
  const reasons: Reason[] = [];
  if (generator.saturated && generator.kernelTimestampRatio < 0.99) {
    reasons.push({
      fact: `the generators were short of CPU, and only ${formatRatio(generator.kernelTimestampRatio)} of the arrivals were stamped by the kernel: their own delay is in the ages`,
      cure: fewer,
    });
  }
  const ages = plan.budget.objectives.map(indicatorOf).filter(({ measure, unit }) => {
    const spec = parseMeasureSpec(measure);
    return (
      unit === "ms" &&
      spec?.kind === "latency" &&
      /^(event_age|stale_odds_age|position_age)\b/.test(spec.measure)
    );
  });
  const isOfDelivery = plan.budget.objectives.some(({ measure }) => measure.startsWith("delivery."));
  const deadlines = isOfDelivery ? Object.values(plan.deadlinesMs) : [];
  const smallestMs = Math.min(...ages.map(({ target }) => target), ...deadlines);
  if (generator.clockErrorUs / 1000 > smallestMs * clockErrorShare) {
    reasons.push({
      fact: `the clocks agree only within ${formatMs(generator.clockErrorUs / 1000)}, against a target of ${formatMs(smallestMs)}`,
      cure: "synchronise the clocks of the machines (chrony, ptp), or run on one machine",
    });
  }
  return reasons;
}

function notExercised(evidence: Evidence): Reason[] {
  const { record, faults, clients, plan, delivery } = evidence;
  const reasons: Reason[] = [];
  const { notJudged, expected } = delivery.total;
  if (notJudged > notJudgedShare * (expected + notJudged) || couldTurn(evidence)) {
    reasons.push({
      fact: `${countOf(notJudged, "event")} could not be judged: they carry no number, time or class that the crowd can read`,
      cure: "see that what sends them gives each a number and a time that can be",
    });
  }
  if (plan.startAtUs !== undefined && plan.crowd.journeys !== undefined) {
    const { completed, rejected, abandoned, failed } = endsOf(
      record.generators.flatMap(({ final }) => final ?? []),
    );
    if (completed + rejected + abandoned + failed === 0) {
      reasons.push({
        fact: "nothing was exercised: no journey came to an end",
        cure: "use a longer --duration, and see the generators' logs in the run folder",
      });
    }
  } else if (plan.startAtUs !== undefined && record.published.length === 0) {
    reasons.push({
      fact: "nothing was exercised: no event was published",
      cure: "check the feed of the scenario, and the vendor's and scores' logs in the run folder",
    });
  }
  if (plan.clients === 0 || clients.connected + clients.failed === 0) {
    reasons.push({ fact: "nothing was exercised: no client came", cure: "run with --clients 1 or more" });
  }
  for (const { planned, begun, healed, failure } of faults) {
    const because = failure ? `: ${failure}` : "";
    if (!begun) {
      reasons.push({
        fact: `fault ${planned.id} was planned and not injected${because}`,
        cure: "check its target with matchday chaos check FILE, and run again",
      });
    } else if (!healed) {
      reasons.push({
        fact: `fault ${planned.id} was not healed${because}, so that the end was not judged in health`,
        cure: "run matchday chaos recover, then run again",
      });
    }
  }
  return reasons;
}

/** Whether an objective of what is on time would be missed if all that could not be judged were late. */
function couldTurn({ plan, delivery }: Evidence): boolean {
  const { notJudged, expected, onTime } = delivery.total;
  return (
    notJudged > 0 &&
    plan.budget.objectives.some(
      ({ measure, target }) => measure === "delivery.ratio" && onTime / (expected + notJudged) < target,
    )
  );
}

function generatorOf({ plan, record, measures, clients }: Evidence): Trust["generator"] {
  const finals = record.generators.flatMap(({ final }) => (final ? [final] : []));
  const weighted = (
    value: (final: (typeof finals)[number]) => number,
    weight: (final: (typeof finals)[number]) => number,
  ) => {
    const total = finals.reduce((sum, final) => sum + weight(final), 0);
    return total === 0 ? 0 : finals.reduce((sum, final) => sum + value(final) * weight(final), 0) / total;
  };
  const kernel = finals.reduce((sum, { timestamps }) => sum + timestamps.kernel, 0);
  const stamped = finals.reduce((sum, { timestamps }) => sum + timestamps.kernel + timestamps.reader, 0);
  return {
    processes: plan.generators,
    bytesPerClient: Math.round(
      weighted(
        (final) => final.bytesPerClient,
        (final) => final.connected,
      ),
    ),
    cpuUsPerEvent: weighted(
      (final) => final.cpuUsPerEvent,
      (final) => final.counters.events,
    ),
    cpuUsPerOpen: weighted(
      (final) => final.cpuUsPerOpen,
      (final) => final.connected,
    ),
    releaseLagP99Ms: clients.releaseLagP99Ms,
    readLagP99Ms: measures.summary("read_lag")?.p99Ms ?? 0,
    clockErrorUs: Math.max(0, ...finals.map(({ clock }) => clock.errorUs)),
    kernelTimestampRatio: stamped === 0 ? 1 : kernel / stamped,
    saturated: false,
  };
}
