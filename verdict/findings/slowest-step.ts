import { formatMs } from "../../common/duration.ts";
import { phasesOf } from "../phases.ts";
import type { Finder } from "./finding.ts";

/** A click that takes longer is felt as broken off (Nielsen's limit for keeping to a train of thought). */
const feltMs = 1000;

/** The request that buyers wait for longest, with nothing broken. */
export const slowestStep: Finder = ({ evidence: { measures, plan } }) => {
  const steady = phasesOf("steady");
  const steps = measures.names.flatMap((name) => {
    const step = /^request\{step=(.+)\}$/.exec(name)?.[1];
    const summary = step === undefined ? undefined : measures.summary(name, steady);
    return step !== undefined && summary ? [{ step, summary }] : [];
  });
  const slowest = steps.toSorted((a, b) => b.summary.p99Ms - a.summary.p99Ms)[0];
  if (!slowest || slowest.summary.p99Ms <= feltMs) return [];
  const { step, summary } = slowest;
  const phases = plan.phases.filter(({ name }) => steady.includes(name));
  return [
    {
      severity: "low",
      title: `The slowest step is ${step}: ${formatMs(summary.p99Ms)} (p99), with nothing broken`,
      evidence: `median ${formatMs(summary.p50Ms)}, slowest ${formatMs(summary.maxMs)}, of ${summary.count.toLocaleString("en")} requests; from when the step was due, attempts included`,
      when: phases[0] ? { fromMs: phases[0].fromMs, toMs: phases[0].toMs } : null,
      remedy: "Open its slowest flow in this report: the waterfall shows the hop in which it stood.",
    },
  ];
};
