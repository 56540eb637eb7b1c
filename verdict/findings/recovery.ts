import { formatMs } from "../../common/duration.ts";
import { bandsOf, companyOf } from "../blame.ts";
import type { Finding, JudgedFault } from "../contract.ts";
import type { Evidence } from "../evidence.ts";
import type { Finder } from "./finding.ts";

/** Faults that left a mark after their heal, broke an expectation, or left no mark at all. */
export const recovery: Finder = ({ faults, evidence }) => {
  const injected = faults.filter(({ id }) =>
    evidence.disturbances.some((disturbance) => disturbance.id === id),
  );
  return [
    ...injected.flatMap(brokenExpectations),
    ...notSteady(injected, evidence),
    ...injected.flatMap((fault) => noSign(fault, evidence)),
  ];
};

function brokenExpectations({
  band,
  kind,
  fromMs,
  toMs,
  steadyAfterMs,
  expectations,
}: JudgedFault): Finding[] {
  return expectations
    .filter(({ ok }) => ok === false)
    .map(({ id, observed }) => ({
      severity: "high",
      title: `${band}: ${id} did not hold`,
      evidence: observed,
      when: { fromMs, toMs: toMs + (steadyAfterMs ?? 0) },
      remedy: `Repeat it alone (an experiment with ${kind} only), and follow the first second in which it shows on the charts.`,
    }));
}

/** Faults after which the run did not come back: of several nobody can tell which. */
function notSteady(injected: readonly JudgedFault[], { steadyState, seconds }: Evidence): Finding[] {
  const open = injected.filter(
    ({ healed, toMs, steadyAfterMs }) => healed && steadyAfterMs === null && steadyState.couldSee(toMs, 0),
  );
  if (open.length === 0) return [];
  const fromMs = Math.max(...open.map(({ toMs }) => toMs));
  const toMs = seconds.at(-1)?.toMs ?? fromMs;
  return [
    {
      severity: "high",
      title: `Not steady again after: ${bandsOf(open)}`,
      evidence: `from the heal at ${formatMs(fromMs)} to the end at ${formatMs(toMs)}, no three steady seconds in a row`,
      when: { fromMs, toMs },
      remedy:
        "See what stays high after the heal: reconnects that come in waves, a backlog that does not drain, a subscription that was not renewed.",
    },
  ];
}

function noSign(fault: JudgedFault, { disturbances }: Evidence): Finding[] {
  const { id, band, healed, detectedAfterMs, fromMs, toMs } = fault;
  // What others break hides what it may have left alone.
  if (!healed || detectedAfterMs !== null || companyOf(id, fault, disturbances).length > 0) return [];
  return [
    {
      severity: "low",
      title: `No sign of: ${band}`,
      evidence: `neither the crowd's nor the stack's figures changed between ${formatMs(fromMs)} and ${formatMs(toMs)}`,
      when: { fromMs, toMs },
      remedy:
        "Either the stack takes it well, or the fault did not bite: make it longer or harder, and see that a metric of the stack tells of it.",
    },
  ];
}
